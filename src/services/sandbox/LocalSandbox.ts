/**
 * Sandboxes without Docker: a directory a session, a process a round, in bubblewrap where the kernel allows it. A run
 * writes its output and its exit code to files, so that a server that comes back reads on where it likes.
 *
 *     <data dir>/workspaces/<session>
 *     <data dir>/runs/<run>/{started, process, output.log, exit}
 */
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Arr from "effect/Array"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { SessionId } from "../../domain/Ids.ts"
import { AppConfig } from "../config/AppConfig.ts"
import * as NamedLock from "../git/NamedLock.ts"
import * as LocalIsolation from "./LocalIsolation.ts"
import * as LocalRuns from "./LocalRuns.ts"
import * as LocalWorkspace from "./LocalWorkspace.ts"
import {
  type RunId,
  runName,
  type RunSpec,
  Sandbox,
  SandboxError,
  type SandboxFailure,
  SandboxUnavailable
} from "./Sandbox.ts"
import * as Layout from "./SandboxLayout.ts"
import { entrypoint, SandboxRuntime } from "./SandboxRuntime.ts"

const failing = (operation: string) => (failure: SandboxFailure | PlatformError): SandboxFailure =>
  failure._tag === "SandboxError" || failure._tag === "SandboxUnavailable"
    ? failure
    : new SandboxError({ operation, reason: failure.message })

/** The first isolation that a small program runs under on this machine. */
const findIsolation = Effect.fnUntraced(function*(
  candidates: ReadonlyArray<LocalIsolation.Isolation>,
  places: LocalIsolation.Places,
  hostPath: string
) {
  const { limits } = yield* AppConfig
  const works = (isolation: LocalIsolation.Isolation) =>
    Command.make(...LocalIsolation.isolate(isolation, places, limits, ["sh", "-c", "true; true"])).pipe(
      Command.env({ PATH: LocalIsolation.searchPath(isolation, places.node, hostPath) }, { extendEnv: false }),
      Command.exitCode,
      Effect.map((code) => code === 0),
      Effect.timeout("10 seconds"),
      Effect.orElseSucceed(() => false)
    )
  return Option.getOrElse(yield* Effect.findFirst(candidates, works), () => LocalIsolation.none)
})

/** What the wrapper and the entrypoint are run by. */
const checkTools = (path: string) =>
  Command.make("setsid", "--wait", "bash", "-c", "command -v git").pipe(
    Command.env({ PATH: path }, { extendEnv: false }),
    Command.exitCode,
    Effect.map((code) => code === 0),
    Effect.orElseSucceed(() => false),
    Effect.filterOrFail(
      (found) => found,
      () =>
        new SandboxUnavailable({
          reason: "local sandboxes need setsid, bash and git",
          mend: "install util-linux, bash and git, or set OPENTL_SANDBOX=docker"
        })
    ),
    Effect.asVoid
  )

const make = Effect.fnUntraced(function*(candidates: ReadonlyArray<LocalIsolation.Isolation>) {
  const config = yield* AppConfig
  const runtime = yield* SandboxRuntime
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const locked = yield* NamedLock.make
  const host = yield* Config.all({
    path: Config.withDefault(Config.string("PATH"), "/usr/local/bin:/usr/bin:/bin"),
    lang: Config.withDefault(Config.string("LANG"), "C.UTF-8")
  })

  const root = path.join(config.dataDir, "workspaces")
  const runsRoot = path.join(config.dataDir, "runs")
  yield* Effect.forEach([root, runsRoot], (directory) => fs.makeDirectory(directory, { recursive: true, mode: 0o700 }))
  const workspaces = yield* LocalWorkspace.make(root, config.dataDir)
  const runs = yield* LocalRuns.make(runsRoot)
  const isolation = yield* findIsolation(
    candidates,
    { workspace: root, runtime: root, gateway: root, node: runtime.node },
    host.path
  )

  const tools = Effect.provideService(
    checkTools(LocalIsolation.searchPath(isolation, runtime.node, host.path)),
    CommandExecutor.CommandExecutor,
    yield* CommandExecutor.CommandExecutor
  )

  const launch = Effect.fnUntraced(function*(spec: RunSpec) {
    const places = {
      workspace: workspaces.directoryOf(spec.run.sessionId),
      runtime: yield* runtime.directory,
      gateway: spec.gatewayDirectory,
      node: runtime.node
    }
    yield* runs.start(spec.run, {
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
      yield* workspaces.prepare(spec.run.sessionId, spec.inputs)
      yield* launch(spec)
    },
    (effect, spec) => locked(runName(spec.run))(effect),
    Effect.mapError(failing("start"))
  )

  const result = Effect.fn("LocalSandbox.result")(
    function*(run: RunId) {
      yield* runs.recordOrFail(run, "result")
      const answer = yield* workspaces.answer(run.sessionId)
      const bundle = yield* workspaces.bundle(run.sessionId)
      return { answer, bundle }
    },
    Effect.provideService(FileSystem.FileSystem, fs),
    Effect.mapError(failing("result"))
  )

  const removeRun = (name: string) =>
    Effect.andThen(
      runs.kill(name, `${LocalIsolation.runVariable}=${name}`),
      workspaces.remove(runs.directoryOf(name))
    )

  const removeRuns = Effect.fn("LocalSandbox.removeRuns")(
    function*(session: SessionId) {
      const ours = Arr.filter(yield* runs.all, (run) => run.session === session)
      yield* Effect.forEach(ours, ({ name }) => removeRun(name), { concurrency: 4, discard: true })
    },
    Effect.mapError(failing("removal"))
  )

  return Sandbox.of({
    kind: LocalIsolation.kindOf(isolation),
    check: Effect.andThen(runtime.files, tools).pipe(Effect.withSpan("LocalSandbox.check")),
    hasRepository: Effect.fn("LocalSandbox.hasRepository")(
      workspaces.hasRepository,
      Effect.mapError(failing("lookup"))
    ),
    start,
    exists: Effect.fn("LocalSandbox.exists")(runs.exists),
    output: (run) => runs.output(run).pipe(Stream.mapError(failing("output")), Stream.withSpan("LocalSandbox.output")),
    exit: Effect.fn("LocalSandbox.exit")(runs.exit, Effect.mapError(failing("exit"))),
    result,
    removeRuns,
    removeWorkspace: Effect.fn("LocalSandbox.removeWorkspace")(
      (session: SessionId) => Effect.andThen(removeRuns(session), workspaces.remove(workspaces.directoryOf(session))),
      Effect.mapError(failing("removal"))
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
        reason: `local sandboxes cannot be kept in the data directory: ${String(error)}`,
        mend: "check OPENTL_DATA_DIR"
      }))
  )

/** Needs Linux with `setsid`. Isolated where `bwrap` is installed and may make namespaces; plain processes elsewhere. */
export const layer = layerOf(LocalIsolation.candidates)

/** Plain processes, which see what the server's user sees. */
export const layerPlain = layerOf([])
