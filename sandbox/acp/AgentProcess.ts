/**
 * The agent's process: in a group of its own, so that a signal to this program does not reach it before it was asked to
 * stop by the protocol. It ends with its scope, and everything that it has started with it.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
// eslint-disable-next-line house/no-builtins -- Command cannot give a process a group of its own and its pipes as streams
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { Readable, Writable } from "node:stream"

/** The agent's program cannot be run. */
export class AgentNotStarted extends Schema.TaggedError<AgentNotStarted>()("AgentNotStarted", {
  command: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.command} cannot be run: ${this.reason}`
  }
}

export interface AgentProcess {
  readonly input: WritableStream<Uint8Array>
  readonly output: ReadableStream<Uint8Array>
  /** The process is over; how, as a sentence's end: "exit code 1". */
  readonly ended: Effect.Effect<string>
  /** The last that it wrote to stderr. */
  readonly lastWords: Effect.Effect<string>
}

export interface Start {
  readonly command: readonly [string, ...ReadonlyArray<string>]
  readonly environment: Readonly<Record<string, string>>
  readonly directory: string
}

/** How much of stderr is kept, in characters. */
const keptWords = 4_000

/** How long a group that was asked to end is waited for. */
const endTime = "1 second"

/** Marks what an agent starts, and what that starts: a process that left the group keeps its environment. */
export const markName = "OPENTL_AGENT_RUN"

type Child = ChildProcessByStdio<Writable, Readable, Readable>

const signal = (child: Child, name: NodeJS.Signals) =>
  Effect.ignore(Effect.try(() => child.pid === undefined ? false : process.kill(-child.pid, name)))

/** Kills every process that carries the mark's value. Without /proc there is none to be found. */
export const killMarked = Effect.fnUntraced(function*(value: string) {
  const fs = yield* FileSystem.FileSystem
  const mark = `${markName}=${value}`
  const entries = yield* Effect.orElseSucceed(fs.readDirectory("/proc"), () => [])
  yield* Effect.forEach(
    entries.filter((name) => /^\d+$/.test(name)),
    (pid) =>
      fs.readFileString(`/proc/${pid}/environ`).pipe(
        Effect.filterOrFail((environment) => environment.split("\0").includes(mark)),
        Effect.andThen(Effect.try(() => process.kill(Number(pid), "SIGKILL"))),
        Effect.ignore
      ),
    // a round's end waits for it
    { discard: true, concurrency: 16 }
  )
})

/** Starts the agent for the lifetime of the scope. */
export const start = Effect.fn("AgentProcess.start")(function*({ command, directory, environment }: Start) {
  const [file, ...args] = command
  const ended = yield* Deferred.make<string>()
  const started = yield* Deferred.make<void, AgentNotStarted>()
  let words = ""
  const child = yield* Effect.acquireRelease(
    Effect.sync((): Child => {
      const child = spawn(file, args, {
        cwd: directory,
        env: { ...environment, [markName]: String(process.pid) },
        stdio: ["pipe", "pipe", "pipe"],
        detached: true
      })
      child.on("spawn", () => Deferred.unsafeDone(started, Exit.void))
      child.on("error", (error) => {
        Deferred.unsafeDone(started, Exit.fail(new AgentNotStarted({ command: file, reason: error.message })))
        Deferred.unsafeDone(ended, Exit.succeed(error.message))
      })
      child.on("exit", (code, signal) => {
        Deferred.unsafeDone(ended, Exit.succeed(code === null ? `${signal}` : `exit code ${code}`))
      })
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        words = (words + text).slice(-keptWords)
      })
      // reported by the process's end
      child.stdin.on("error", () => {})
      return child
    }),
    (child) =>
      signal(child, "SIGTERM").pipe(
        Effect.andThen(Effect.timeoutOption(Deferred.await(ended), endTime)),
        Effect.andThen(signal(child, "SIGKILL")),
        Effect.andThen(killMarked(String(process.pid)))
      )
  )
  yield* Deferred.await(started)
  return {
    input: Writable.toWeb(child.stdin),
    output: Readable.toWeb(child.stdout),
    ended: Deferred.await(ended),
    lastWords: Effect.sync(() => words.trim())
  } satisfies AgentProcess
})
