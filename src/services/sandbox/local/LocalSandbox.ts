/**
 * Sandboxes without Docker: one directory per session, one process per round, in bubblewrap if the kernel permits it. A
 * run writes its output and its exit code to files, so that a restarted server can continue reading anywhere.
 *
 *     <data dir>/workspaces/<session>
 *     <data dir>/runs/<run>/{started, process, output.log, exit, ended.json, tmp}
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Arr from "effect/Array"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { SessionId } from "../../../domain/Ids.ts"
import { AppConfig } from "../../config/AppConfig.ts"
import { searchPath } from "../../programs/BarePrograms.ts"
import * as NamedLock from "../../support/NamedLock.ts"
import * as WhileFresh from "../../support/WhileFresh.ts"
import { overLimit } from "../LimitReached.ts"
import {
  isOfChecks,
  type RunId,
  runName,
  type RunSpec,
  Sandbox,
  SandboxError,
  type SandboxFailure,
  SandboxUnavailable,
  sessionOf,
  stopTime
} from "../Sandbox.ts"
import * as Layout from "../SandboxLayout.ts"
import { entrypoint, SandboxRuntime } from "../SandboxRuntime.ts"
import * as LocalIsolation from "./LocalIsolation.ts"
import * as LocalLimits from "./LocalLimits.ts"
import * as LocalMachine from "./LocalMachine.ts"
import * as LocalRuns from "./LocalRuns.ts"
import * as LocalWorkspace from "./LocalWorkspace.ts"

const failing = (operation: string) => (failure: SandboxFailure | PlatformError): SandboxFailure =>
  failure._tag === "SandboxError" || failure._tag === "SandboxUnavailable"
    ? failure
    : new SandboxError({ operation, reason: failure.message })

const make = Effect.fnUntraced(function*(candidates: ReadonlyArray<LocalIsolation.Isolation>) {
  const config = yield* AppConfig
  const runtime = yield* SandboxRuntime
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const locked = yield* NamedLock.make
  const host = yield* Config.all({
    path: searchPath,
    lang: Config.withDefault(Config.string("LANG"), "C.UTF-8")
  })

  const root = path.join(config.dataDir, "workspaces")
  const runsRoot = path.join(config.dataDir, "runs")
  yield* Effect.forEach([root, runsRoot], (directory) => fs.makeDirectory(directory, { recursive: true, mode: 0o700 }))
  const workspaces = yield* LocalWorkspace.make(root, config.dataDir)
  const runs = yield* LocalRuns.make(runsRoot)
  const isolation = yield* LocalMachine.findIsolation(candidates, root, runtime.node, host.path)

  // each session asks, some of them twice, and a look is a process
  const tools = yield* WhileFresh.make(
    LocalMachine.checkTools(LocalIsolation.searchPath(isolation, runtime.node, host.path)),
    "1 minute"
  )

  /** The checks have a workspace of their own, which is removed with their run. */
  const ownWorkspace = (name: string) => path.join(runs.directoryOf(name), "workspace")
  const workspaceOf = (run: RunId) =>
    run.checks === undefined ? workspaces.directoryOf(run.sessionId) : ownWorkspace(runName(run))
  const temporaryOf = (name: string) => path.join(runs.directoryOf(name), "tmp")
  const environmentEntry = (name: string) => `${LocalIsolation.runVariable}=${name}`

  const limits = yield* LocalLimits.make({
    isolation,
    script: Effect.map(runtime.directory, (directory) => path.join(directory, "disk.sh")),
    root,
    directoriesOf: (name) => [
      ...(isOfChecks(name)
        ? [ownWorkspace(name)]
        : Option.toArray(Option.map(sessionOf(name), workspaces.directoryOf))),
      temporaryOf(name)
    ],
    markOf: (name) => path.join(runs.directoryOf(name), "ended.json"),
    kill: (name) => runs.kill(name, environmentEntry(name))
  })

  const launch = Effect.fnUntraced(function*(spec: RunSpec) {
    const places = {
      workspace: workspaceOf(spec.run),
      runtime: yield* runtime.directory,
      gateway: spec.gatewayDirectory,
      temporary: temporaryOf(runName(spec.run)),
      node: runtime.node
    }
    yield* fs.makeDirectory(places.temporary, { recursive: true })
    yield* runs.start(spec.run, {
      capture: {
        node: places.node,
        program: path.join(places.runtime, "capture.mjs"),
        // one more byte, so that a reader sees that the limit was exceeded
        limit: config.limits.outputBytes + 1
      },
      command: LocalIsolation.isolate(isolation, places, config.limits, [
        "bash",
        path.join(places.runtime, entrypoint)
      ]),
      environment: LocalIsolation.environment(isolation, places, host, spec),
      workingDirectory: places.workspace
    })
  })

  const start = Effect.fn("LocalSandbox.start")(
    function*(spec: RunSpec) {
      yield* Layout.checkInputs(spec)
      if (yield* runs.wasStarted(spec.run)) return
      yield* workspaces.remove(runs.directoryOf(runName(spec.run)))
      yield* workspaces.prepare(workspaceOf(spec.run), spec.inputs)
      yield* launch(spec)
    },
    (effect, spec) => locked(spec.run.sessionId)(effect),
    Effect.mapError(failing("start"))
  )

  /** Reads a result of an ended run. */
  const result = <A, R>(
    read: (workspace: string) => Effect.Effect<A, SandboxError | PlatformError, FileSystem.FileSystem | R>
  ) =>
  (run: RunId) =>
    runs.recordOrFail(run, "result").pipe(
      Effect.zipRight(read(workspaceOf(run))),
      Effect.provideService(FileSystem.FileSystem, fs),
      Effect.mapError(failing("result"))
    )

  const exit = Effect.fn("LocalSandbox.exit")(
    function*(run: RunId) {
      const ended = yield* runs.exit(run)
      yield* limits.settle(runName(run))
      return Option.match(yield* limits.endOf(runName(run)), { onNone: () => ended, onSome: overLimit })
    },
    Effect.mapError(failing("exit"))
  )

  const stop = Effect.fn("LocalSandbox.stop")(
    function*(run: RunId) {
      const name = runName(run)
      yield* runs.ask(name, entrypoint, stopTime)
      yield* runs.kill(name, environmentEntry(name))
    },
    Effect.mapError(failing("stop"))
  )

  const removeRun = Effect.fnUntraced(function*(name: string) {
    const end = yield* limits.endOf(name)
    yield* runs.kill(name, environmentEntry(name))
    yield* workspaces.remove(runs.directoryOf(name))
    return { name, end }
  })

  const runsOf = (session: SessionId) => Effect.map(runs.all, Arr.filter((run) => run.session === session))

  const removeRuns = Effect.fn("LocalSandbox.removeRuns")(
    function*(session: SessionId) {
      const ends = yield* Effect.forEach(yield* runsOf(session), ({ name }) => removeRun(name), { concurrency: 4 })
      if (
        ends.some(({ end, name }) => !isOfChecks(name) && Option.exists(end, ({ resource }) => resource === "disk"))
      ) {
        yield* workspaces.remove(workspaces.directoryOf(session))
      }
      yield* Effect.forEach(ends, ({ name }) => limits.forget(name), { discard: true })
    },
    Effect.mapError(failing("removal"))
  )

  const removeIdleWorkspace = Effect.fn("LocalSandbox.removeIdleWorkspace")(
    function*(session: SessionId, isUnused: Effect.Effect<boolean>) {
      if ((yield* runsOf(session)).length > 0 || !(yield* isUnused)) return false
      yield* workspaces.remove(workspaces.directoryOf(session))
      return true
    },
    (effect, session) => locked(session)(effect),
    Effect.mapError(failing("removal"))
  )

  return Sandbox.of({
    kind: LocalIsolation.kindOf(isolation),
    identity: Effect.succeed(LocalIsolation.kindOf(isolation)),
    check: Effect.andThen(runtime.files, tools).pipe(Effect.withSpan("LocalSandbox.check")),
    // a process starts at once
    prepare: () => Effect.void,
    hasRepository: Effect.fn("LocalSandbox.hasRepository")(
      workspaces.hasRepository,
      (effect, session) => locked(session)(effect),
      Effect.mapError(failing("lookup"))
    ),
    start,
    exists: Effect.fn("LocalSandbox.exists")(runs.exists),
    output: (run) =>
      limits.limitOutput(runName(run), runs.output(run)).pipe(
        Stream.mapError(failing("output")),
        Stream.withSpan("LocalSandbox.output")
      ),
    watch: (run) => limits.watchDisk(runName(run)),
    exit,
    answer: Effect.fn("LocalSandbox.answer")(result(workspaces.answer)),
    checkReport: Effect.fn("LocalSandbox.checkReport")(result(workspaces.checkReport)),
    bundle: Effect.fn("LocalSandbox.bundle")(result(workspaces.bundle)),
    stop,
    removeRuns,
    removeWorkspace: Effect.fn("LocalSandbox.removeWorkspace")(
      (session: SessionId) => Effect.andThen(removeRuns(session), workspaces.remove(workspaces.directoryOf(session))),
      Effect.mapError(failing("removal"))
    ),
    removeIdleWorkspace,
    sessionsWithWorkspaces: workspaces.sessions.pipe(
      Effect.mapError(failing("lookup")),
      Effect.withSpan("LocalSandbox.sessionsWithWorkspaces")
    ),
    sessionsWithRuns: runs.all.pipe(
      Effect.map((all) => Arr.dedupe(all.map(({ session }) => session))),
      Effect.mapError(failing("lookup")),
      Effect.withSpan("LocalSandbox.sessionsWithRuns")
    )
  })
})

const layerOf = (candidates: ReadonlyArray<LocalIsolation.Isolation>) =>
  Layer.scoped(
    Sandbox,
    Effect.mapError(make(candidates), (error) =>
      new SandboxUnavailable({
        reason: `local sandboxes cannot use the data directory: ${String(error)}`,
        mend: "check OPENTL_DATA_DIR"
      }))
  )

/**
 * Requires Linux with `setsid`. Isolated if `bwrap` is installed and may create namespaces; plain processes otherwise.
 */
export const layer = layerOf(LocalIsolation.candidates)

/** Plain processes, which see everything that the server's user sees. */
export const layerPlain = layerOf(LocalIsolation.plainCandidates)
