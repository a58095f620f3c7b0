/** Turns a request into a session: fills in defaults from the configuration, and refuses what cannot be done. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Agent from "../../domain/Agent.ts"
import type { BranchName, SessionId } from "../../domain/Ids.ts"
import { type Repository, resolve } from "../../domain/Repository.ts"
import type { Session } from "../../domain/Session.ts"
import type { SessionSpec } from "../../domain/SessionEvent.ts"
import { type CreateSession, type IdempotencyConflict, InvalidRequest } from "../../domain/SessionRequest.ts"
import { type AgentChoice, Agents } from "../../services/agents/Agents.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { Forge } from "../../services/forge/Forge.ts"
import { ModelPrices } from "../../services/model/ModelPrices.ts"
import { SessionStore } from "../../services/store/SessionStore.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { fingerprint } from "../../services/support/Fingerprint.ts"
import { randomHex, randomSessionId } from "../../services/support/RandomIds.ts"
import * as Span from "../../services/support/Span.ts"
import { WarmSandboxes } from "../steps/WarmSandboxes.ts"
import type { CreateOptions } from "./Sessions.ts"

type LocalRepository = Extract<Repository, { readonly _tag: "Local" }>

interface Created {
  readonly session: Session
  readonly replayed: boolean
}

export class NewSessions extends Context.Tag("opentl/actors/sessions/NewSessions")<NewSessions, {
  readonly create: (
    request: CreateSession,
    options: CreateOptions
  ) => Effect.Effect<
    Created,
    InvalidRequest | IdempotencyConflict | StoreError
  >
  readonly messageId: Effect.Effect<string>
}>() {
  static readonly layer = Layer.effect(
    NewSessions,
    Effect.gen(function*() {
      const agents = yield* Agents
      const config = yield* AppConfig
      const forge = yield* Forge
      const prices = yield* ModelPrices
      const store = yield* SessionStore
      const warm = yield* WarmSandboxes

      const namedAgent = Effect.fnUntraced(function*(name: string, options: CreateOptions) {
        const agent = yield* Effect.mapError(
          Agent.parse(name),
          (reason) => new InvalidRequest({ reason: `agent: ${reason}` })
        )
        if (Agent.isShellLine(agent) && !options.trustCommands) {
          return yield* new InvalidRequest({
            reason: `agent: ${
              agent._tag === "Command" ? "a command:" : "an acp:"
            } agent can only be set in the server's configuration (OPENTL_AGENT) or in an embedded run`
          })
        }
        return { agent }
      })
      const agentOf = (request: CreateSession, options: CreateOptions): Effect.Effect<AgentChoice, InvalidRequest> =>
        request.agent === undefined || request.agent === "auto"
          ? agents.choose(request.model)
          : namedAgent(request.agent, options)

      const permit = (path: string, options: CreateOptions) =>
        options.trustLocalPaths || isBelow(path, config.localRepos)
          ? Effect.void
          : new InvalidRequest({
            reason: `repo: ${path} is not in a directory listed in OPENTL_LOCAL_REPOS, so this server may not use it`
          })

      /**
       * A path that is not a repository is rejected at once; a repository on GitHub is checked in the session's first
       * turn.
       */
      const exists = (repo: LocalRepository, base: BranchName | undefined) =>
        Effect.gen(function*() {
          if (base === undefined) yield* forge.defaultBranch(repo)
          else yield* forge.remote(repo)
        }).pipe(
          Effect.catchAll((error) =>
            error._tag === "ForgeError" && error.isRetryable
              ? Effect.void
              : new InvalidRequest({ reason: `repo: ${error.message}` })
          )
        )

      /** A session whose agent begins by itself gets the id of a sandbox that waits, if there is one. */
      const withId = (
        { approvePlan, planOnly }: SessionSpec,
        create: (id: SessionId) => Effect.Effect<Created, IdempotencyConflict | StoreError>
      ) =>
        approvePlan || planOnly ?
          Effect.flatMap(randomSessionId, create) :
          Effect.uninterruptibleMask((restore) =>
            Effect.flatMap(
              warm.take,
              Option.match({
                onNone: () => restore(Effect.flatMap(randomSessionId, create)),
                onSome: (id) => Effect.onExit(restore(create(id)), (exit) => warm.settle(id, !isSurelyFree(exit)))
              })
            )
          )

      return NewSessions.of({
        messageId: randomHex(16),
        create: Effect.fnUntraced(function*(request, options) {
          const repo = yield* Either.mapLeft(
            resolve(request.repo, config.github.serverUrl),
            (error) => new InvalidRequest({ reason: `repo: ${error.message}` })
          )
          if (repo._tag === "Local") {
            yield* permit(repo.path, options)
            yield* exists(repo, request.base)
          }
          const { agent, reason } = yield* agentOf(request, options)
          const start = request.planOnly === true ? undefined : yield* Effect.mapError(
            Effect.zipRight(agents.check(agent), agents.start(agent, request.model)),
            (error) => new InvalidRequest({ reason: `agent: ${error.message}` })
          )
          const budgetUsd = request.budgetUsd ?? Option.getOrUndefined(config.budgetUsd)
          // the day's budget of all sessions, too, can only be kept where prices are known
          if (budgetUsd !== undefined || Option.isSome(config.budgetDayUsd)) {
            yield* Effect.mapError(
              prices.requireForBudget(start?.environment["OPENTL_AGENT_MODEL"]),
              (error) => new InvalidRequest({ reason: `budget: ${error.message}` })
            )
          }
          const spec: SessionSpec = {
            repo,
            prompt: request.prompt,
            agent,
            ...(reason === undefined ? {} : { agentReason: reason }),
            ...(request.model === undefined ? {} : { model: request.model }),
            unasked: unaskedBy(request),
            ...(request.base === undefined ? {} : { base: request.base }),
            approvePlan: request.approvePlan ?? false,
            planOnly: request.planOnly ?? false,
            ...(budgetUsd === undefined ? {} : { budgetUsd }),
            timeoutMillis: request.timeoutSeconds === undefined
              ? Duration.toMillis(config.sessionTimeout)
              : request.timeoutSeconds * 1000,
            reviewRounds: config.reviewRounds,
            rounds: config.rounds,
            verify: config.verify,
            gate: config.gate,
            ...(config.commits === "squash" ? {} : { commits: config.commits }),
            ...(request.noQuestions === true ? {} : { questionMillis: Duration.toMillis(config.questionTimeout) }),
            requestedBy: options.by
          }
          const receipt = options.idempotencyKey === undefined
            ? undefined
            : {
              scope: `create:${options.by.name}`,
              key: options.idempotencyKey,
              fingerprint: fingerprint(options.body)
            }
          const created = yield* withId(spec, (id) => store.create({ id, spec, receipt }))
          if (!created.replayed) yield* Metric.increment(sessionsCreated)
          return created
        }, Span.within("NewSessions.create"))
      })
    })
  )
}

const unaskedBy = (request: CreateSession) => (["agent", "model"] as const).filter((key) => request[key] === undefined)

const sessionsCreated = Metric.counter("opentl_sessions_created_total", { description: "Sessions", incremental: true })

/** Whether no session was created with the id. After any other failure its row may have been written. */
const isSurelyFree = Exit.match({
  onSuccess: ({ replayed }: Created) => replayed,
  onFailure: (cause: Cause.Cause<IdempotencyConflict | StoreError>) =>
    Option.exists(Cause.failureOption(cause), ({ _tag }) => _tag === "IdempotencyConflict")
})

const isBelow = (path: string, directories: ReadonlyArray<string>): boolean =>
  directories.some((directory) => path === directory || path.startsWith(`${directory.replace(/\/+$/, "")}/`))
