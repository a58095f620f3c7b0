/**
 * One command of the checks: in a group of its own, which ends with it, so that nothing that it started is there when the
 * next one runs.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
// eslint-disable-next-line house/no-builtins -- @effect/platform's Command cannot give a process a group of its own
import { type ChildProcess, spawn } from "node:child_process"
import { constants as system } from "node:os"
import { type CheckEnd, tailBytes } from "../../src/domain/CheckRun.ts"
import * as TestCounts from "../../src/domain/TestCounts.ts"
import { killMarked, markName } from "../acp/AgentProcess.ts"
import * as Survivors from "./Survivors.ts"
import * as Tail from "./Tail.ts"

/** How long a group that was asked to end is waited for. */
const endTime = "5 seconds"

/** How long the output is waited for after the command's end: a process that left the group may hold it open. */
const silence = "500 millis"

const signal = (child: ChildProcess, name: NodeJS.Signals) =>
  Effect.ignore(Effect.try(() => child.pid === undefined ? false : process.kill(-child.pid, name)))

export interface Surroundings {
  /** Whether the processes of the sandbox are its own: then all that a command leaves is ended. */
  readonly isAlone: boolean
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
}

/** Runs a shell line for at most that long. */
export const run = (line: string, atMost: Duration.Duration, { directory, environment, isAlone }: Surroundings) =>
  Effect.scoped(Effect.gen(function*(): Effect.fn.Return<CheckEnd, never, FileSystem.FileSystem | Scope.Scope> {
    const ended = yield* Deferred.make<number>()
    const closed = yield* Deferred.make<void>()
    let tail = Tail.empty
    let reading = TestCounts.nothing
    const decoder = new TextDecoder()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const child = spawn("bash", ["-ec", `exec 2>&1\n${line}`], {
          cwd: directory,
          env: { ...environment, [markName]: String(process.pid) },
          stdio: ["ignore", "pipe", "ignore"],
          detached: true
        })
        child.stdout.on("data", (chunk: Uint8Array) => {
          tail = Tail.push(tail, chunk, tailBytes)
          // counts may stand far before the end
          reading = TestCounts.read(reading, decoder.decode(chunk, { stream: true }))
        })
        child.on("error", () => Deferred.unsafeDone(ended, Exit.succeed(127)))
        child.on("exit", (code, name) => {
          Deferred.unsafeDone(ended, Exit.succeed(code ?? 128 + (name === null ? 0 : system.signals[name])))
        })
        child.on("close", () => Deferred.unsafeDone(closed, Exit.void))
        return child
      }),
      (child) =>
        signal(child, "SIGKILL").pipe(
          Effect.andThen(isAlone ? Survivors.end(process.pid) : killMarked(String(process.pid))),
          Effect.andThen(Effect.sync(() => child.stdout.destroy()))
        )
    )
    const [duration, code] = yield* Effect.timed(Effect.timeoutOption(Deferred.await(ended), atMost))
    if (Option.isNone(code)) {
      yield* signal(child, "SIGTERM")
      yield* Effect.timeoutOption(Deferred.await(ended), endTime)
    }
    yield* signal(child, "SIGKILL")
    yield* Effect.timeoutOption(Deferred.await(closed), silence)
    const tests = Option.isNone(code) ? undefined : TestCounts.countsOf(reading)
    return {
      ...Option.match(code, { onNone: () => ({}), onSome: (exitCode) => ({ exitCode }) }),
      ...(tests === undefined ? {} : { tests }),
      seconds: Math.round(Duration.toMillis(duration)) / 1000,
      tail: Tail.text(tail, tailBytes)
    }
  }))
