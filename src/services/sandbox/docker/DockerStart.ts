/**
 * Starts runs: in a container that was prepared for it, or in one of its own. A container that was created but never
 * started is not a run: it was left by a crash in between, and is recreated.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import type { SessionId } from "../../../domain/Ids.ts"
import { AppConfig } from "../../config/AppConfig.ts"
import {
  type AheadOutlook,
  type RunId,
  runName,
  type RunOutlook,
  type RunSpec,
  SandboxError,
  type SandboxUnavailable
} from "../Sandbox.ts"
import type { InstanceId } from "../SandboxInstance.ts"
import * as Layout from "../SandboxLayout.ts"
import * as DockerContainer from "./DockerContainer.ts"
import * as DockerCreation from "./DockerCreation.ts"
import { DockerEngine } from "./DockerEngine.ts"
import { failing } from "./DockerErrors.ts"
import * as PreparedContainers from "./PreparedContainers.ts"
import { Outlook } from "./PreparedContainers.ts"
import * as RunInputs from "./RunInputs.ts"

export interface Parts {
  readonly instance: InstanceId
  /** One operation at a time on a session's volume. */
  readonly locked: (session: SessionId) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The directory with the runtime files. */
  readonly runtime: Effect.Effect<string, SandboxUnavailable>
}

export const make = Effect.fnUntraced(function*({ instance, locked, runtime }: Parts) {
  const config = yield* AppConfig
  const engine = yield* DockerEngine
  const inputs = yield* RunInputs.make
  const { create, createFor, imageMissing, onConflict, outdated, provideObjects, removeObjects } = yield* DockerCreation
    .make({ inputs, instance, runtime })

  /** Where the runs of sessions were given dependencies. */
  const given = new Map<SessionId, string>()

  /** Takes back what the session's runs were given. They have ended, apart from one that waits if `isLinked`, with linked objects. */
  const takeBack = (session: SessionId, isLinked: boolean) =>
    Effect.suspend(() => {
      const directory = given.get(session)
      given.delete(session)
      return directory === undefined ? Effect.void : inputs.takeBack(directory)
    }).pipe(Effect.zipRight(Effect.unless(removeObjects(session), () => isLinked)))

  const hasMarks = (container: string) =>
    Effect.every(Layout.repositoryMarks, (mark) => engine.hasPath(container, `${DockerContainer.workspace}/${mark}`))

  const prepared = yield* PreparedContainers.make({
    create: Effect.fnUntraced(
      function*(run: RunId, outlook: Outlook) {
        const { isKept, ...created } = yield* createFor(run, outlook)
        // now: while a container starts, the engine lets nobody look into it
        return { ...created, hasRepository: isKept && (yield* hasMarks(created.id)) }
      },
      (effect, { sessionId }) => locked(sessionId)(effect)
    ),
    start: engine.startContainer,
    remove: engine.removeContainer
  })

  /** Fails as soon as the container has ended, for whatever reason. */
  const whileItRuns = (container: string) =>
    Effect.raceFirst(
      Effect.zipRight(
        engine.waitContainer(container),
        new SandboxError({ operation: "start", reason: "the container has ended before it began" })
      )
    )

  /**
   * Lets the run begin in a container that waits for it. It becomes a run last, when it has surely begun: only then is it
   * found after a crash.
   */
  const begin = Effect.fnUntraced(
    function*(created: PreparedContainers.Created, spec: RunSpec) {
      const { id, logHead } = created
      yield* provideObjects(created, spec)
      const fixed = DockerContainer.fixedEnvironment(config, { run: spec.run, directories: {} })
      const environment = Record.filter(spec.environment, (_, name) => !(name in fixed))
      if (spec.dependencies !== undefined) given.set(spec.run.sessionId, spec.gatewayDirectory)
      yield* whileItRuns(id)(
        inputs.give(spec.gatewayDirectory, spec.run, {
          inputs: spec.inputs,
          environment,
          logHead,
          ...(spec.dependencies === undefined ? {} : { dependencies: spec.dependencies })
        })
      )
      yield* onConflict(engine.renameContainer(id, runName(spec.run)), runName(spec.run))
    },
    (effect, { id }) => Effect.onError(effect, () => Effect.ignoreLogged(engine.removeContainer(id)))
  )

  /** Starts a run in a container of its own. */
  const startAnew = (spec: RunSpec) =>
    Effect.acquireUseRelease(
      createFor(spec.run, Outlook.Known({ outlook: { ...spec, ...expectedOf(spec.environment["OPENTL_AGENT"]) } })),
      (created) => Effect.andThen(engine.startContainer(created.id), begin(created, spec)),
      ({ id }, exit) => Exit.isSuccess(exit) ? Effect.void : Effect.ignoreLogged(engine.removeContainer(id))
    )

  const start = Effect.fn("DockerSandbox.start")(
    function*(spec: RunSpec) {
      yield* Layout.checkInputs(spec)
      // outside of the lock, which is needed to prepare it
      const waiting = yield* prepared.take(spec.run)
      yield* locked(spec.run.sessionId)(Effect.gen(function*() {
        if (Option.exists(yield* engine.inspectContainer(runName(spec.run)), DockerContainer.wasStarted)) return
        if (Option.isNone(waiting)) return yield* startAnew(spec)
        yield* begin(waiting.value, spec).pipe(
          Effect.tapError((error) => Effect.logWarning(`a prepared container could not be used: ${error.message}`)),
          Effect.orElse(() => startAnew(spec))
        )
      }))
    },
    Effect.mapError(failing("start"))
  )

  const hasRepositoryBehindProbe = Effect.fnUntraced(function*(session: SessionId) {
    if (!(yield* engine.hasVolume(DockerContainer.volumeName(session)))) return false
    return yield* Effect.acquireUseRelease(
      create(DockerContainer.probeName(session), DockerContainer.probeContainer(config, instance, session)),
      hasMarks,
      (probe) => Effect.ignoreLogged(engine.removeContainer(probe))
    )
  })

  const hasRepository = Effect.fn("DockerSandbox.hasRepository")(
    function*(session: SessionId) {
      const waiting = yield* prepared.ofSession(session)
      if (Option.isSome(waiting)) {
        if (!waiting.value.hasRepository) return false
        // `opentl sandbox prune` may have removed it with the workspace
        if (Option.isSome(yield* engine.inspectContainer(waiting.value.id))) return true
        yield* prepared.discard(session)
      }
      return yield* locked(session)(hasRepositoryBehindProbe(session))
    },
    Effect.mapError(failing("lookup"))
  )

  const prepareAhead = Effect.fn("DockerSandbox.prepareAhead")(
    (run: RunId, outlook: AheadOutlook) =>
      Effect.filterOrFail(prepared.ahead(run, outlook), (isReady) => isReady, () => outdated("none could be prepared")),
    Effect.asVoid
  )

  return { hasRepository, imageMissing, prepareAhead, prepared, start, takeBack }
})

const expectedOf = (expectedAgent: string | undefined): Pick<RunOutlook, "expectedAgent"> =>
  expectedAgent === undefined ? {} : { expectedAgent }
