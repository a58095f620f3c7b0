/** The directories of local runs, written by the wrapper and read by any server. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type RunId, runName, SandboxError, sessionOf } from "../Sandbox.ts"
import * as DirectoryChanges from "./DirectoryChanges.ts"
import * as LocalProcess from "./LocalProcess.ts"

const pollInterval = "25 millis"
const poll = Schedule.spaced(pollInterval)
const chunkSize = FileSystem.Size(64 * 1024)

const readExitCode = Schema.decodeOption(Schema.compose(Schema.Trim, Schema.NumberFromString))
type RunFile = "started" | "process" | "output.log" | "exit"

/** The program that captures a run's output, `capture.mjs` (`sandbox/capture.ts`), and the Node that runs it. */
export interface Capture {
  readonly node: string
  readonly program: string
  /** The most bytes of output. */
  readonly limit: number
}

export const make = Effect.fnUntraced(function*(root: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const processes = yield* LocalProcess.make

  const fileOf = (name: string, file: RunFile) => path.join(root, name, file)

  const record = (name: string) =>
    fs.readFileString(fileOf(name, "process")).pipe(
      Effect.option,
      Effect.map(Option.flatMap(LocalProcess.parseRecord))
    )

  const recordOrFail = (run: RunId, operation: string) =>
    Effect.flatMap(
      record(runName(run)),
      Option.match({
        onNone: () => new SandboxError({ operation, reason: `the run ${runName(run)} does not exist` }),
        onSome: Effect.succeed
      })
    )

  /** Waits for the wrapper's record, which it writes at once. If it does not appear, the machine stopped in between. */
  const awaitRecord = (run: RunId) =>
    record(runName(run)).pipe(
      Effect.repeat({ schedule: poll, until: Option.isSome }),
      Effect.timeoutOption("10 seconds"),
      Effect.map(Option.isSome)
    )

  /** Whether the run was started; waits for a start in progress. */
  const wasStarted = (run: RunId) =>
    Effect.if(fs.exists(fileOf(runName(run), "started")), {
      onTrue: () => awaitRecord(run),
      onFalse: () => Effect.succeed(false)
    })

  /** Creates the run's directory and starts the wrapper in it. */
  const start = Effect.fnUntraced(function*(run: RunId, launch: {
    readonly capture: Capture
    readonly command: ReadonlyArray<string>
    readonly environment: Readonly<Record<string, string>>
    readonly workingDirectory: string
  }) {
    const name = runName(run)
    const directory = path.join(root, name)
    const { limit, node, program } = launch.capture
    yield* fs.makeDirectory(directory, { recursive: true })
    yield* fs.writeFileString(fileOf(name, "output.log"), "")
    yield* processes.launch({
      ...launch,
      name,
      directory,
      command: [node, program, directory, String(limit), "--", ...launch.command]
    })
    if (!(yield* awaitRecord(run))) {
      return yield* new SandboxError({ operation: "start", reason: "the process did not start" })
    }
  })

  const exitCode = (run: RunId) =>
    fs.readFileString(fileOf(runName(run), "exit")).pipe(Effect.option, Effect.map(Option.flatMap(readExitCode)))

  const hasEnded = (run: RunId, record: LocalProcess.ProcessRecord) =>
    Effect.if(Effect.map(exitCode(run), Option.isSome), {
      onTrue: () => Effect.succeed(true),
      onFalse: () => Effect.negate(processes.isRunning(record))
    })

  /** Waits for the run's end. A wrapper that left no exit code was killed, by us or by a machine shutdown. */
  const exit = Effect.fnUntraced(function*(run: RunId) {
    const record = yield* recordOrFail(run, "exit")
    yield* Effect.repeat(hasEnded(run, record), { schedule: poll, until: (ended) => ended })
    const code = Option.getOrElse(yield* exitCode(run), () => 137)
    return { code, reason: code === 137 || code === 143 ? "killed" : undefined }
  })

  /** The file's present and future contents. When the run has ended, what is left is read before the stream ends. */
  const follow = (
    file: FileSystem.File,
    changes: DirectoryChanges.DirectoryChanges,
    /** Whether the run has ended by itself, or in any way. */
    ended: { readonly itself: Effect.Effect<boolean>; readonly anyhow: Effect.Effect<boolean> }
  ) =>
    Stream.unfoldEffect(false, (endedBefore) =>
      Effect.gen(function*() {
        let isLast = endedBefore
        let hasChanged = false
        while (true) {
          // count first, then read: what is written in between is a change
          const count = changes.count()
          const bytes = yield* file.readAlloc(chunkSize)
          if (Option.isSome(bytes)) return Option.some([bytes.value, isLast] as const)
          if (isLast) return Option.none()
          isLast = yield* hasChanged ? ended.itself : ended.anyhow
          if (!isLast) hasChanged = yield* changes.after(count)
        }
      }))

  const output = (run: RunId) =>
    Stream.unwrapScoped(Effect.gen(function*() {
      const record = yield* recordOrFail(run, "output")
      const changes = yield* DirectoryChanges.of(path.join(root, runName(run)))
      const file = yield* fs.open(fileOf(runName(run), "output.log"), { flag: "r" })
      return follow(file, changes, {
        itself: Effect.map(exitCode(run), Option.isSome),
        anyhow: hasEnded(run, record)
      })
    }))

  /** Every run's name and session. */
  const all = Effect.map(
    fs.readDirectory(root),
    Arr.filterMap((name) => Option.map(sessionOf(name), (session) => ({ name, session })))
  )

  const whereRecorded = <E>(name: string, use: (record: LocalProcess.ProcessRecord) => Effect.Effect<void, E>) =>
    Effect.flatMap(record(name), Option.match({ onNone: () => Effect.void, onSome: use }))

  /** Asks a run's `program` to end, and waits for the run's end. */
  const ask = (name: string, program: string, atMost: Duration.DurationInput) =>
    whereRecorded(name, (found) => processes.ask(found, program, atMost))

  /** Kills what remains of a run. */
  const kill = (name: string, environmentEntry: string) =>
    whereRecorded(name, (found) => processes.kill(found, environmentEntry))

  return {
    directoryOf: (name: string) => path.join(root, name),
    recordOrFail,
    exists: (run: RunId) => Effect.map(record(runName(run)), Option.isSome),
    wasStarted,
    start,
    exit,
    output,
    all,
    ask,
    kill
  } as const
})
