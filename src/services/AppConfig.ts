/** The configuration, decoded once: the environment, then `<data dir>/config.env`, then defaults. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { Agent } from "../domain/Agent.ts"

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
  /** OPENTL_API_TOKENS; none: one token is made in the data directory */
  readonly apiTokens: Option.Option<ReadonlyArray<{ readonly name: string; readonly token: Redacted.Redacted }>>
  /** OPENTL_LOCAL_REPOS: directories below which local repositories may be named over HTTP */
  readonly localRepos: ReadonlyArray<string>
  readonly github: {
    readonly token: Option.Option<Redacted.Redacted>
    readonly apiUrl: string
    readonly serverUrl: string
    readonly webhookSecret: Option.Option<Redacted.Redacted>
  }
  readonly anthropic: Provider
  readonly openai: Provider
  /** OPENTL_PLANNER_MODEL: plans and reviews */
  readonly plannerModel: Option.Option<string>
  /** OPENTL_AGENT; none is `auto` */
  readonly agent: Option.Option<Agent>
  /** OPENTL_AGENT_MODEL */
  readonly agentModel: Option.Option<string>
  readonly sandbox: "auto" | "docker" | "local"
  readonly docker: {
    /** OPENTL_DOCKER_IMAGE */
    readonly image: string
    /** OPENTL_DOCKER_NETWORK: instead of no network at all */
    readonly network: Option.Option<string>
    /** DOCKER_HOST: unix:///… or tcp://… */
    readonly host: string
  }
  /** Of one sandbox. */
  readonly limits: { readonly memoryBytes: number; readonly cpus: number; readonly pids: number }
  readonly maxSessions: number
  readonly reviewRounds: number
  readonly sessionTimeout: Duration.Duration
  readonly llmTimeout: Duration.Duration
  readonly egress: "allowlist" | "none" | "open"
  readonly egressAllow: ReadonlyArray<string>
  readonly budgetUsd: Option.Option<number>
  /** OPENTL_FOUR_EYES */
  readonly fourEyes: boolean
  /** OPENTL_IDENTITIES: who a chat user or a GitHub login is */
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

export class AppConfig extends Context.Tag("opentl/services/AppConfig")<AppConfig, AppConfigShape>() {}
