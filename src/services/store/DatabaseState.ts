/**
 * The state of the database: healthy, or in trouble since a given time. It is logged once when trouble begins and once
 * when it ends, however many writes fail in between.
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
  /** A statement has failed. An error in the statement itself does not count. */
  readonly failed: (error: SqlError) => Effect.Effect<void>
  /** A write has succeeded. */
  readonly written: Effect.Effect<void>
  /** The current trouble; none while the database is healthy. */
  readonly trouble: Effect.Effect<Option.Option<Trouble>>
  /** Starts watching. Whoever opens the database reports what keeps it from being opened. */
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
      }); writes are retried until they succeed`
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
