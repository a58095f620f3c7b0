/**
 * Wakes who follows a run's files when one of them has changed, so that a line is read at once and a silent run costs
 * next to nothing: asking each 25 ms whether there is more took 2 % of a core for each run.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { watch } from "node:fs"
import * as Bell from "../../support/Bell.ts"

/** What no change tells, like the death of a process, is looked for this often. */
const lookEvery = "250 millis"

/** So often everything is looked for where the kernel has no more watches to give. */
const pollEvery = "25 millis"

export interface DirectoryChanges {
  /** How many changes there were. */
  readonly count: () => number
  /** Returns whether there were more than `count` changes, or else after a while. */
  readonly after: (count: number) => Effect.Effect<boolean>
}

const polled: DirectoryChanges = { count: () => 0, after: () => Effect.as(Effect.sleep(pollEvery), false) }

/** Counts from here on; `FileSystem.watch` would begin with its first reader, and start a fiber for each change. */
const watcher = (directory: string, bell: Bell.Bell) =>
  Effect.sync(() => {
    const open = Option.liftThrowable(() => watch(directory, { persistent: false }, () => bell.ring()))
    const opened = open()
    // a directory that is removed: who follows it sees that by itself
    if (Option.isSome(opened)) opened.value.on("error", () => bell.ring())
    return opened
  })

/** Watches the files of a directory, for the lifetime of the scope. */
export const of = (directory: string): Effect.Effect<DirectoryChanges, never, Scope.Scope> =>
  Effect.gen(function*() {
    const bell = Bell.make()
    const opened = yield* Effect.acquireRelease(
      watcher(directory, bell),
      Option.match({ onNone: () => Effect.void, onSome: (watching) => Effect.sync(() => watching.close()) })
    )
    if (Option.isNone(opened)) return polled
    return {
      count: bell.strokes,
      after: (count) =>
        Effect.raceFirst(
          Effect.as(bell.after(count), true),
          Effect.as(Effect.sleep(lookEvery), false)
        )
    }
  })
