/**
 * The end of a run, seen on this machine. With a container's first process all its others end (pid_namespaces(7)); the engine
 * tells that 30 to 100 ms later, when it has cleaned up, and until then answers nothing about the container. So where a whole
 * log tells that the run is done, its processes are looked at, and that it went well is read where its workspace lies.
 *
 * On another machine, and wherever something is not as it should be, the engine is waited for.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as SmallFiles from "../../support/SmallFiles.ts"
import * as ProcessStatus from "../ProcessStatus.ts"
import { type RunId, runName } from "../Sandbox.ts"
import * as Layout from "../SandboxLayout.ts"
import * as DockerContainer from "./DockerContainer.ts"
import type { DockerEngine } from "./DockerEngine.ts"
import type { EngineFailure } from "./DockerErrors.ts"
import type { ContainerInfo } from "./DockerSchema.ts"
import type { EndedContainers } from "./EndedContainers.ts"
import type { VolumeInPlace } from "./VolumeInPlace.ts"

export interface Parts {
  readonly containers: Pick<EndedContainers, "inspect" | "keepSeen">
  readonly engine: Pick<Context.Tag.Service<DockerEngine>, "host" | "waitContainer">
  readonly volumes: Pick<VolumeInPlace, "find">
}

/** A container whose end can be seen here. */
interface Visible {
  readonly info: ContainerInfo
  readonly logFile: string
  readonly logHead: string
  readonly process: ProcessStatus.ProcessStatus
}

/** A run that is done ends within a few milliseconds; one that only said so may go on. */
const looks = Schedule.andThen(
  Schedule.intersect(Schedule.spaced("2 millis"), Schedule.recurs(50)),
  Schedule.spaced("100 millis")
)

/** Much more than the names of a process's groups are. */
const groupsBytes = 64 * 1024

/** Much more than the entrypoint writes. */
const resultBytes = 1024

const decodeResult = Schema.decodeUnknown(
  Schema.parseJson(Schema.Struct({ exit_code: Schema.Int }))
)

/** The first line of a container's log, which holds the head, and how the engine's driver writes it. */
const headBytes = 1024
const decodeLine = Schema.decodeUnknown(Schema.parseJson(Schema.Struct({ log: Schema.String })))

export const make = ({ containers, engine, volumes }: Parts) => {
  /** The container and its first process, if that is one of this machine. */
  const look = Effect.fnUntraced(function*(run: RunId) {
    if (!engine.host.startsWith("unix:") || run.checks !== undefined) return Option.none()
    const found = Option.filter(yield* containers.inspect(runName(run)), DockerContainer.isRunning)
    if (Option.isNone(found)) return Option.none()
    const { id, logFile, state } = found.value
    const logHead = DockerContainer.logHeadOf(found.value)
    if (logFile === undefined || Option.isNone(logHead) || state.pid === undefined || state.pid <= 0) {
      return Option.none()
    }
    const process = yield* ProcessStatus.read(state.pid)
    // an engine in a virtual machine counts other processes
    const groups = yield* SmallFiles.beginning(`/proc/${state.pid}/cgroup`, groupsBytes)
    return Option.isSome(process) && groups.includes(id)
      ? Option.some<Visible>({ info: found.value, logFile, logHead: logHead.value, process: process.value })
      : Option.none()
  })

  const isGone = ({ process }: Visible) =>
    Effect.map(
      ProcessStatus.read(process.pid),
      (now) => !Option.exists(now, (now) => now.startTime === process.startTime && ProcessStatus.isAlive(now))
    )

  /** Whether a run that is over went well: it left a result that says so, and its log still has its beginning. */
  const wentWell = (run: RunId, { logFile, logHead }: Visible) =>
    Effect.gen(function*() {
      const [line = ""] = (yield* SmallFiles.beginning(logFile, headBytes)).split("\n")
      const { log } = yield* decodeLine(line)
      if (log !== `${logHead}\n`) return false
      const found = yield* volumes.find(run.sessionId, `${Layout.outputs}/${Layout.result}`)
      if (Option.isNone(found) || found.value._tag !== "File") return false
      return (yield* decodeResult(yield* SmallFiles.beginning(found.value.path, resultBytes))).exit_code === 0
    }).pipe(Effect.orElseSucceed(() => false))

  const byEngine = (run: RunId): Effect.Effect<void, EngineFailure> =>
    engine.waitContainer(runName(run)).pipe(
      // it is being removed
      Effect.catchTag("EngineNotFound", () => Effect.void),
      Effect.asVoid
    )

  const here = (run: RunId, visible: Visible) =>
    Effect.gen(function*() {
      yield* Effect.repeat(isGone(visible), { schedule: looks, until: (gone) => gone })
      // of another one the engine may know the cause, as where the memory was used up
      if (!(yield* wentWell(run, visible))) return yield* byEngine(run)
      const { info } = visible
      const state = { ...info.state, status: "exited", exitCode: 0, pid: 0 }
      yield* containers.keepSeen(runName(run), { ...info, state })
    })

  return {
    /**
     * Looks for the run's process, and returns what waits for the end of a run that has said that it is done. Call it while it
     * runs: afterwards nobody can tell whose process that was.
     */
    follow: (run: RunId): Effect.Effect<Effect.Effect<void, EngineFailure>> =>
      look(run).pipe(
        Effect.option,
        Effect.map(Option.flatten),
        Effect.map(Option.match({ onNone: () => byEngine(run), onSome: (visible) => here(run, visible) }))
      )
  } as const
}

export type RunEnd = ReturnType<typeof make>
