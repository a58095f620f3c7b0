/** The configuration, decoded once: the environment, then `<data dir>/config.env`, then defaults. */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { Agent } from "../../domain/Agent.ts"
import { type RepositoryReference, resolve, show } from "../../domain/Repository.ts"
import * as Certificates from "./Certificates.ts"
import * as ConfigSource from "./ConfigSource.ts"
import type { ModelPrice } from "./ConfigValues.ts"
import type { Variable, WithDefault } from "./ConfigVariable.ts"
import { variables } from "./ConfigVariables.ts"

export interface Provider {
  readonly apiKey: Option.Option<Redacted.Redacted>
  readonly baseUrl: string
}

export interface AppConfigShape {
  /** OPENTL_ADDR */
  readonly address: { readonly host: string; readonly port: number }
  /** OPENTL_ALLOWED_HOSTS: further values of the Host header */
  readonly allowedHosts: ReadonlyArray<string>
  /** OPENTL_DATA_DIR, absolute */
  readonly dataDir: string
  /** OPENTL_SERVER: the server that the command line uses */
  readonly server: Option.Option<string>
  /** OPENTL_API_TOKENS; none: one token is created in the data directory */
  readonly apiTokens: Option.Option<ReadonlyArray<{ readonly name: string; readonly token: Redacted.Redacted }>>
  /** OPENTL_LOCAL_REPOS: directories whose repositories may be used over HTTP */
  readonly localRepos: ReadonlyArray<string>
  readonly github: {
    readonly token: Option.Option<Redacted.Redacted>
    readonly apiUrl: string
    readonly serverUrl: string
    readonly webhookSecret: Option.Option<Redacted.Redacted>
  }
  readonly anthropic: Provider
  readonly openai: Provider
  /** GEMINI_API_KEY: only public agents use it */
  readonly google: Provider
  /** OPENTL_PLANNER_MODEL: plans, and reviews unless the next one is set */
  readonly plannerModel: Option.Option<string>
  /** OPENTL_REVIEWER_MODEL */
  readonly reviewerModel: Option.Option<string>
  /** OPENTL_AGENT; none means `auto` */
  readonly agent: Option.Option<Agent>
  /** OPENTL_AGENT_MODEL */
  readonly agentModel: Option.Option<string>
  readonly sandbox: "auto" | "docker" | "local"
  readonly docker: {
    /** OPENTL_DOCKER_IMAGE */
    readonly image: string
    /** OPENTL_DOCKER_NETWORK: used instead of no network at all */
    readonly network: Option.Option<string>
    /** DOCKER_HOST: unix:///… or tcp://… */
    readonly host: string
  }
  /** The limits of one sandbox. */
  readonly limits: {
    readonly memoryBytes: number
    readonly cpus: number
    readonly pids: number
    /** OPENTL_OUTPUT_LIMIT: the most output of one round */
    readonly outputBytes: number
    /** OPENTL_DISK: the most disk for a session's workspace and its container */
    readonly diskBytes: number
    /** OPENTL_DISK_RESERVE: how much must stay free on the workspaces' disk */
    readonly diskReserveBytes: number
  }
  /** OPENTL_WORKSPACE_RETENTION: how long an ended session's workspace is kept; none means forever */
  readonly workspaceRetention: Option.Option<Duration.Duration>
  /** OPENTL_DEPENDENCY_CACHE, in bytes; none means that dependencies are installed anew each time */
  readonly dependencyCache: Option.Option<number>
  readonly maxSessions: number
  readonly warmSandboxes: number
  readonly reviewRounds: number
  /** OPENTL_ROUNDS: the most runs of the agent in a turn */
  readonly rounds: number
  readonly verify: "auto" | "off"
  /** OPENTL_VERIFY_TIMEOUT: of all checks of a commit together */
  readonly verifyTimeout: Duration.Duration
  readonly gate: "on" | "off"
  readonly commits: "squash" | "rounds"
  readonly sessionTimeout: Duration.Duration
  /** OPENTL_STALL_TIMEOUT: how long an agent may print nothing; none means for ever */
  readonly stallTimeout: Option.Option<Duration.Duration>
  /** OPENTL_QUESTION_TIMEOUT: how long the planner's questions wait for an answer */
  readonly questionTimeout: Duration.Duration
  readonly llmTimeout: Duration.Duration
  readonly egress: "allowlist" | "none" | "open"
  readonly egressAllow: ReadonlyArray<string>
  /** OPENTL_EGRESS_REPOS: in lower case, `owner/name` or `owner/*` */
  readonly egressRepos: ReadonlyArray<string>
  /** OPENTL_SANDBOX_CA: certificates (PEM) that programs in a sandbox trust besides their image's */
  readonly sandboxCertificates: Option.Option<string>
  readonly budgetUsd: Option.Option<number>
  /** OPENTL_BUDGET_DAY_USD: of all sessions together, in a UTC day */
  readonly budgetDayUsd: Option.Option<number>
  /** OPENTL_MODEL_PRICES, in US dollars per million tokens */
  readonly modelPrices: ReadonlyArray<ModelPrice>
  readonly fourEyes: boolean
  /** OPENTL_IDENTITIES: the names of chat users and GitHub logins */
  readonly identities: ReadonlyArray<{
    readonly name: string
    readonly via: "slack" | "telegram" | "github"
    readonly id: string
  }>
  readonly slack: {
    readonly botToken: Option.Option<Redacted.Redacted>
    readonly appToken: Option.Option<Redacted.Redacted>
    /** SLACK_API_URL, ends in `/api/` */
    readonly apiUrl: string
    readonly defaultRepo: Option.Option<string>
    /** SLACK_CHANNEL_REPOS: `C1=owner/name,…` */
    readonly channelRepos: ReadonlyMap<string, string>
    readonly allowedUsers: ReadonlyArray<string>
    readonly allowedChannels: ReadonlyArray<string>
  }
  readonly telegram: {
    readonly botToken: Option.Option<Redacted.Redacted>
    /** TELEGRAM_API_URL, without a path */
    readonly apiUrl: string
    readonly defaultRepo: Option.Option<string>
    readonly allowedUsers: ReadonlyArray<string>
  }
}

type Problem = ConfigSource.ConfigInvalid | ConfigSource.ConfigFileInvalid

const decode = Effect.gen(function*() {
  const texts = yield* ConfigSource.texts
  const required = <A>(variable: WithDefault<A>) => ConfigSource.required(texts, variable)
  const optional = <A>(variable: Variable<A>) => ConfigSource.optional(texts, variable)
  const serverUrl = yield* required(variables.githubServerUrl)
  /** The canonical spelling of a repository. Only here is it known which server is GitHub. */
  const spelling = <A>(variable: Variable<A>, reference: RepositoryReference): Effect.Effect<string, Problem> =>
    Either.match(resolve(reference, serverUrl), {
      onLeft: ({ input }) =>
        new ConfigSource.ConfigInvalid({ variable: variable.name, value: input, accepted: variable.accepted }),
      onRight: (repository) => Effect.succeed(show(repository))
    })
  const repository = (variable: Variable<RepositoryReference>) =>
    Effect.flatMap(optional(variable), Effect.transposeMapOption((reference) => spelling(variable, reference)))
  yield* optional(variables.databaseUrl)
  return AppConfig.of({
    address: yield* required(variables.address),
    allowedHosts: yield* required(variables.allowedHosts),
    dataDir: texts.dataDir,
    server: yield* optional(variables.server),
    apiTokens: yield* optional(variables.apiTokens),
    localRepos: yield* required(variables.localRepos),
    github: {
      token: yield* optional(variables.githubToken),
      apiUrl: yield* required(variables.githubApiUrl),
      serverUrl,
      webhookSecret: yield* optional(variables.githubWebhookSecret)
    },
    anthropic: {
      apiKey: yield* optional(variables.anthropicApiKey),
      baseUrl: yield* required(variables.anthropicBaseUrl)
    },
    openai: {
      apiKey: yield* optional(variables.openaiApiKey),
      baseUrl: yield* required(variables.openaiBaseUrl)
    },
    google: {
      apiKey: yield* optional(variables.geminiApiKey),
      baseUrl: yield* required(variables.geminiBaseUrl)
    },
    plannerModel: yield* optional(variables.plannerModel),
    reviewerModel: yield* optional(variables.reviewerModel),
    agent: yield* required(variables.agent),
    agentModel: yield* optional(variables.agentModel),
    sandbox: yield* required(variables.sandbox),
    docker: {
      image: yield* required(variables.dockerImage),
      network: yield* optional(variables.dockerNetwork),
      host: yield* required(variables.dockerHost)
    },
    limits: {
      memoryBytes: yield* required(variables.memory),
      cpus: yield* required(variables.cpus),
      pids: yield* required(variables.pids),
      outputBytes: yield* required(variables.outputLimit),
      diskBytes: yield* required(variables.disk),
      diskReserveBytes: yield* required(variables.diskReserve)
    },
    workspaceRetention: yield* required(variables.workspaceRetention),
    dependencyCache: yield* required(variables.dependencyCache),
    maxSessions: yield* required(variables.maxSessions),
    warmSandboxes: yield* required(variables.warmSandboxes),
    reviewRounds: yield* required(variables.reviewRounds),
    rounds: yield* required(variables.rounds),
    verify: yield* required(variables.verify),
    verifyTimeout: yield* required(variables.verifyTimeout),
    gate: yield* required(variables.gate),
    commits: yield* required(variables.commits),
    sessionTimeout: yield* required(variables.sessionTimeout),
    stallTimeout: yield* required(variables.stallTimeout),
    questionTimeout: yield* required(variables.questionTimeout),
    llmTimeout: yield* required(variables.llmTimeout),
    egress: yield* required(variables.egress),
    egressAllow: yield* required(variables.egressAllow),
    egressRepos: yield* required(variables.egressRepos),
    sandboxCertificates: yield* Certificates.read(texts, variables.sandboxCa),
    budgetUsd: yield* optional(variables.budgetUsd),
    budgetDayUsd: yield* optional(variables.budgetDayUsd),
    modelPrices: yield* required(variables.modelPrices),
    fourEyes: yield* required(variables.fourEyes),
    identities: yield* required(variables.identities),
    slack: {
      botToken: yield* optional(variables.slackBotToken),
      appToken: yield* optional(variables.slackAppToken),
      apiUrl: yield* required(variables.slackApiUrl),
      defaultRepo: yield* repository(variables.slackDefaultRepo),
      channelRepos: new Map(
        yield* Effect.forEach(
          yield* required(variables.slackChannelRepos),
          ([channel, reference]) =>
            Effect.map(spelling(variables.slackChannelRepos, reference), (repo) => [channel, repo] as const)
        )
      ),
      allowedUsers: yield* required(variables.slackAllowedUsers),
      allowedChannels: yield* required(variables.slackAllowedChannels)
    },
    telegram: {
      botToken: yield* optional(variables.telegramBotToken),
      apiUrl: yield* required(variables.telegramApiUrl),
      defaultRepo: yield* repository(variables.telegramDefaultRepo),
      allowedUsers: yield* required(variables.telegramAllowedUsers)
    }
  })
})

/**
 * The configuration. The environment is the ambient `ConfigProvider`; a host program can replace it with
 * `Layer.setConfigProvider`.
 */
export class AppConfig extends Context.Tag("opentl/services/config/AppConfig")<AppConfig, AppConfigShape>() {
  static readonly layer: Layer.Layer<AppConfig, Problem, FileSystem.FileSystem | Path.Path> = Layer.effect(
    AppConfig,
    decode
  )
}
