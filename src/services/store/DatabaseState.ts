/**
 * How the database is: well, or since when something is the matter with it. It is said in the log once when it begins
 * and once when it is over, however many writes fail in between.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as StoreFault from "./StoreFault.ts"

export interface Trouble {
  readonly fault: StoreFault.StoreFault
  readonly since: DateTime.Utc
}

export interface DatabaseState {
  /** A statement has failed; a fault of the statement's own is none of the database's. */
  readonly failed: (error: SqlError) => Effect.Effect<void>
  /** Something was written. */
  readonly written: Effect.Effect<void>
  /** What is the matter; none while all is well. */
  readonly trouble: Effect.Effect<Option.Option<Trouble>>
  /** From here on it is watched. What keeps it from being opened at all, whoever opens it says. */
  readonly watch: Effect.Effect<void>
}

export const make: Effect.Effect<DatabaseState> = Effect.gen(function*() {
  const state = yield* Ref.make(Option.none<Trouble>())
  const isWatched = yield* Ref.make(false)

  const failed = Effect.fnUntraced(function*(error: SqlError) {
    const fault = StoreFault.of(error)
    if (fault === undefined || !(yield* Ref.get(isWatched))) return
    const now = yield* DateTime.now
    const before = yield* Ref.getAndUpdate(
      state,
      (known) => Option.some({ fault, since: Option.match(known, { onNone: () => now, onSome: ({ since }) => since }) })
    )
    if (Option.exists(before, (known) => known.fault === fault)) return
    yield* Effect.logError(
      `database: ${StoreFault.describe(fault)} (${
        StoreFault.driverWords(error)
      }); writing is tried again until it succeeds`
    )
  })

  const written = Effect.gen(function*() {
    const before = yield* Ref.getAndSet(state, Option.none())
    if (Option.isNone(before)) return
    const seconds = Math.ceil(((yield* DateTime.now).epochMillis - before.value.since.epochMillis) / 1000)
    yield* Effect.logInfo(`database: can be written again, after ${seconds} s`)
  })

  return { failed, written, trouble: Ref.get(state), watch: Ref.set(isWatched, true) }
})
