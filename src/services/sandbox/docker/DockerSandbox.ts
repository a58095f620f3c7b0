/**
 * Sandboxes as containers: one volume per session, one container per round, no network and no host mount except the
 * gateway's directory, the runtime files and the objects of the repository, read-only. The engine holds all state. A container that was created but never
 * started is not a run: it was left by a crash in between, and `start` recreates it.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { SessionId } from "../../../domain/Ids.ts"
import { AppConfig } from "../../config/AppConfig.ts"
import * as NamedLock from "../../support/NamedLock.ts"
import { overLimit } from "../LimitReached.ts"
import { isOfChecks, type RunId, runName, Sandbox, SandboxError, stopTime } from "../Sandbox.ts"
import { instanceOf } from "../SandboxInstance.ts"
import * as DockerContainer from "./DockerContainer.ts"
import { DockerEngine } from "./DockerEngine.ts"
import { asUnavailable, EngineConflict, failing } from "./DockerErrors.ts"
import * as DockerLimits from "./DockerLimits.ts"
import * as DockerOutput from "./DockerOutput.ts"
import * as DockerResult from "./DockerResult.ts"
import type { ContainerSummary } from "./DockerSchema.ts"
import * as DockerStart from "./DockerStart.ts"
import * as EndedContainers from "./EndedContainers.ts"
import * as RunEnd from "./RunEnd.ts"
import * as RuntimeCopy from "./RuntimeCopy.ts"
import * as VolumeInPlace from "./VolumeInPlace.ts"

const isConflict = Schema.is(EngineConflict)

/** Retries while something is being removed, or used by something that is being removed. */
const untilFree = Schedule.spaced("100 millis").pipe(Schedule.upTo("15 seconds"), Schedule.whileInput(isConflict))

const make = Effect.gen(function*() {
  const config = yield* AppConfig
  const engine = yield* DockerEngine
  const fs = yield* FileSystem.FileSystem
  const instance = yield* instanceOf(config.dataDir)
  const runtime = yield* RuntimeCopy.make(
    config.dataDir,
    engine.listContainers(DockerContainer.instanceLabels(instance)).pipe(
      Effect.map((containers) => containers.length > 0),
      Effect.orElseSucceed(() => true)
    )
  )
  const locked = yield* NamedLock.make
  const containers = EndedContainers.make(engine)
  const volumes = yield* VolumeInPlace.make({ containers, engine })
  const limits = yield* DockerLimits.make({ engine, instance, runtime, volumes })
  const runEnd = RunEnd.make({ containers, engine, volumes })
  const output = DockerOutput.make({
    containers,
    engine,
    limits,
    outputBytes: config.limits.outputBytes,
    runEnd
  })

  const { hasRepository, imageMissing, prepareAhead, prepared, start, takeBack } = yield* DockerStart.make({
    instance,
    locked,
    runtime
  })

  const check = Effect.gen(function*() {
    yield* engine.ping
    if (!(yield* engine.hasImage(config.docker.image))) return yield* imageMissing
    yield* runtime
  }).pipe(
    Effect.mapError(asUnavailable),
    Effect.withSpan("DockerSandbox.check")
  )

  const exists = Effect.fn("DockerSandbox.exists")(
    (run: RunId) => Effect.map(engine.inspectContainer(runName(run)), Option.exists(DockerContainer.wasStarted)),
    Effect.mapError(failing("lookup"))
  )

  const exit = Effect.fn("DockerSandbox.exit")(
    function*(run: RunId) {
      const name = runName(run)
      const [before] = yield* Effect.all([containers.inspect(name), output.endIfLost(run)], { concurrency: 2 })
      if (!Option.exists(before, DockerContainer.wasStarted)) {
        return yield* new SandboxError({ operation: "exit", reason: `the run ${name} does not exist` })
      }
      const byItself = Option.match(Option.filter(before, EndedContainers.hasEnded), {
        onSome: (info) => Effect.succeed({ code: info.state.exitCode, info: Option.some(info) }),
        onNone: () =>
          // if the run is removed meanwhile, it counts as killed
          Effect.catchTag(engine.waitContainer(name), "EngineNotFound", () => Effect.succeed(137)).pipe(
            Effect.bindTo("code"),
            Effect.bind("info", () => containers.inspect(name)),
            Effect.zipLeft(output.endIfLost(run))
          )
      })
      const { code, info } = yield* byItself
      yield* limits.settle(name)
      return Option.match(yield* limits.endOf(name), {
        onSome: overLimit,
        onNone: () => ({ code, reason: DockerContainer.reasonOf(code, info) })
      })
    },
    Effect.retry(DockerOutput.reconnect),
    Effect.mapError(failing("exit"))
  )

  const stop = Effect.fn("DockerSandbox.stop")(
    (run: RunId) => engine.stopContainer(runName(run), Duration.toSeconds(stopTime)),
    Effect.mapError(failing("stop"))
  )

  const removeVolume = (session: SessionId) =>
    Effect.retry(engine.removeVolume(DockerContainer.volumeName(session)), untilFree)

  const removeRuns = Effect.fn("DockerSandbox.removeRuns")(
    function*(session: SessionId, next?: RunId) {
      const isKept = next !== undefined && prepared.isFor(next)
      const kept = isKept ? yield* prepared.ofSession(session) : Option.none()
      if (!isKept) yield* prepared.discard(session)
      const found = yield* engine.listContainers(DockerContainer.sessionLabels(session, instance))
      const others = found.filter(({ id }) => !Option.exists(kept, (waiting) => waiting.id === id))
      const ends = yield* Effect.forEach(
        others,
        Effect.fnUntraced(function*({ id, names }) {
          const name = (names[0] ?? id).replace(/^\//, "")
          // no failure here may prevent its removal
          const end = Option.flatten(yield* Effect.option(limits.endOf(name)))
          yield* containers.forget(name)
          yield* Effect.retry(engine.removeContainer(id), untilFree)
          // whoever has looked meanwhile
          yield* containers.forget(name)
          return { name, end }
        }),
        { concurrency: 4 }
      )
      if (
        ends.some(({ end, name }) => !isOfChecks(name) && Option.exists(end, ({ resource }) => resource === "disk"))
      ) {
        yield* removeVolume(session)
      }
      yield* takeBack(session, Option.exists(kept, ({ objects }) => objects._tag === "Linked"))
      yield* Effect.forEach(ends, ({ name }) => limits.forget(name), { discard: true })
    },
    Effect.mapError(failing("removal"))
  )

  const removeWorkspace = Effect.fn("DockerSandbox.removeWorkspace")(
    (session: SessionId) =>
      Effect.andThen(removeRuns(session), Effect.mapError(removeVolume(session), failing("removal")))
  )

  const removeIdleWorkspace = Effect.fn("DockerSandbox.removeIdleWorkspace")(
    function*(session: SessionId, isUnused: Effect.Effect<boolean>) {
      const runs = yield* engine.listContainers(DockerContainer.sessionLabels(session, instance))
      if (runs.length > 0 || !(yield* isUnused)) return false
      yield* engine.removeVolume(DockerContainer.volumeName(session))
      return true
    },
    (effect, session) => locked(session)(effect),
    Effect.mapError(failing("removal"))
  )

  const sessionsOf = <E>(list: Effect.Effect<ReadonlyArray<{ readonly labels: Labels }>, E>) =>
    Effect.map(
      list,
      (found) => Arr.dedupe(Arr.filterMap(found, ({ labels }) => readSession(labels?.[DockerContainer.sessionLabel])))
    )

  const sessionsWithRuns = sessionsOf(engine.listContainers(DockerContainer.instanceLabels(instance))).pipe(
    Effect.mapError(failing("lookup")),
    Effect.withSpan("DockerSandbox.sessionsWithRuns")
  )

  const sessionsWithWorkspaces = sessionsOf(engine.listVolumes(DockerContainer.instanceLabels(instance))).pipe(
    Effect.mapError(failing("lookup")),
    Effect.withSpan("DockerSandbox.sessionsWithWorkspaces")
  )

  return Sandbox.of({
    kind: "docker",
    identity: Effect.mapError(engine.imageId(config.docker.image), failing("lookup")),
    mountsObjects: true,
    check,
    prepare: prepared.begin,
    prepareAhead,
    giveUpPrepared: (session) => Effect.mapError(prepared.giveUp(session), failing("removal")),
    hasRepository,
    // somebody else may have removed the one before
    start: (spec) => Effect.zipRight(start(spec), containers.forget(runName(spec.run))),
    exists,
    output: (run) =>
      output.output(run).pipe(Stream.mapError(failing("output")), Stream.withSpan("DockerSandbox.output")),
    watch: (run) => Effect.raceFirst(limits.watchDisk(runName(run)), output.watchLog(run)),
    exit,
    stop,
    ...DockerResult.make({ containers, dataDir: config.dataDir, engine, fs, volumes }),
    removeRuns,
    removeWorkspace,
    removeIdleWorkspace,
    sessionsWithRuns,
    sessionsWithWorkspaces
  })
})

type Labels = ContainerSummary["labels"]

const readSession = Schema.decodeUnknownOption(SessionId)

/** Requires an engine on this host: the gateway's directory is mounted into the containers. */
export const layer = Layer.scoped(Sandbox, make)
