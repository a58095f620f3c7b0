/**
 * Ends what outlives a command: what left its group, whatever it did to its environment. Only where the sandbox has its
 * processes for itself; elsewhere those of the user are there, too.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"

/** A process may start another one while they are ended. */
const passes = 20

/** The parent of each process that is there. The name of a program, in parentheses, may contain anything. */
const parents = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const pids = (yield* Effect.orElseSucceed(fs.readDirectory("/proc"), () => [])).filter((name) => /^\d+$/.test(name))
  const found = yield* Effect.forEach(pids, (pid) =>
    fs.readFileString(`/proc/${pid}/stat`).pipe(
      Effect.map((stat) => /^[\s\S]*\) (\S) (\d+) /.exec(stat)),
      Effect.map((fields) => fields === null || fields[1] === "Z" ? [] : [[Number(pid), Number(fields[2])] as const]),
      Effect.orElseSucceed(() => [])
    ))
  return new Map(found.flat())
})

/** A process and those above it. */
const lineOf = (pid: number, parentOf: ReadonlyMap<number, number>): ReadonlyArray<number> => {
  const parent = parentOf.get(pid)
  return parent === undefined || parent === pid ? [pid] : [pid, ...lineOf(parent, parentOf)]
}

/** All but `self`, those above it, and what the entrypoint has started beside it: the bridge to the gateway. */
export const survivorsOf = (self: number, parentOf: ReadonlyMap<number, number>): ReadonlyArray<number> => {
  const above = lineOf(self, parentOf)
  const entrypoint = parentOf.get(self)
  return [...parentOf].flatMap(([pid, parent]) =>
    above.includes(pid) || (parent === entrypoint && parent !== 1) ? [] : [pid]
  )
}

/** Kills them, and looks again until there are none. */
export const end = (self: number) =>
  parents.pipe(
    Effect.map((parentOf) => survivorsOf(self, parentOf)),
    Effect.tap(Effect.forEach((pid) => Effect.ignore(Effect.try(() => process.kill(pid, "SIGKILL"))))),
    Effect.repeat({ times: passes, until: (pids) => pids.length === 0 }),
    Effect.asVoid
  )
