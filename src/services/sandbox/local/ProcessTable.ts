/**
 * The kernel's table of processes. It is one small file for each, which the kernel makes without waiting for anything, and
 * a machine has hundreds: they are read one after the other at once. Through `FileSystem` each took five turns through
 * the thread pool, and looking twice through 70 processes after each run 30 ms of the server's processor time; now it is 2.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { readdirSync, readFileSync } from "node:fs"

/** How many are read before others have their turn: less than a millisecond's worth. */
const atOnce = 64

const names = Option.liftThrowable(() => readdirSync("/proc"))

/** None: the process has ended. */
const read = Option.liftThrowable((pid: string) => readFileSync(`/proc/${pid}/stat`, "utf8"))

/** The lines of `/proc/<pid>/stat` of all processes. */
export const statusLines: Effect.Effect<ReadonlyArray<string>> = Effect.gen(function*() {
  const pids = Option.getOrElse(names(), () => new Array<string>()).filter((name) => /^\d+$/.test(name))
  const lines: Array<string> = []
  for (const part of Arr.chunksOf(pids, atOnce)) {
    for (const line of Arr.filterMap(part, (pid) => read(pid))) lines.push(line)
    yield* Effect.yieldNow()
  }
  return lines
})
