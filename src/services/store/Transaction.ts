/**
 * Transactions whose failures are all values. (`SqlClient`'s own turns a failed COMMIT or ROLLBACK into a defect, but
 * SQLite reports a full disk at COMMIT.)
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as StoreFault from "./StoreFault.ts"

export interface TransactionOptions {
  /** A connection for the lifetime of the scope, reserved for the caller. */
  readonly reserve: Effect.Effect<Connection, SqlError, Scope.Scope>
  /** How to retry a BEGIN that meets another process's lock; the connection is free for others between retries. */
  readonly whileLocked: Schedule.Schedule<unknown, SqlError>
  /** Called if it is unknown whether the connection has left its transaction. */
  readonly onStuck: Effect.Effect<void>
}

export const isLocked = (error: SqlError): boolean => StoreFault.of(error) === "locked"

const run = (connection: Connection, statement: string) => connection.executeUnprepared(statement, [], undefined)

/** Whether SQLite has rolled back by itself, as it does when a COMMIT finds the disk full. */
const isOver = (error: SqlError): boolean => StoreFault.driverWords(error).includes("no transaction is active")

/**
 * Runs statements in one transaction: all are written or none. A nested transaction is a part of the outer one. It
 * takes the write lock at the start, so that what it reads is what it updates.
 */
export const make = ({ onStuck, reserve, whileLocked }: TransactionOptions) => {
  const begun = Effect.gen(function*() {
    const scope = yield* Scope.make()
    const connection = yield* Scope.extend(reserve, scope).pipe(
      Effect.tap((connection) => Effect.uninterruptible(run(connection, "BEGIN IMMEDIATE"))),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
    )
    return { connection, scope }
  })

  /** Interruptible between two attempts; from the BEGIN to the end only inside the effect itself. */
  const again = (restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>) => (first: SqlError) =>
    Effect.gen(function*() {
      const driver = yield* Schedule.driver(whileLocked)
      let error = first
      for (;;) {
        const isLast = yield* Effect.isFailure(restore(driver.next(error)))
        if (isLast) return yield* error
        const next = yield* Effect.either(begun)
        if (Either.isRight(next)) return next.right
        error = next.left
        if (!isLocked(error)) return yield* error
      }
    })

  const rollback = (connection: Connection) =>
    Effect.catchAll(run(connection, "ROLLBACK"), (error) => isOver(error) ? Effect.void : onStuck)

  const within = <A, E, R>(connection: Connection, effect: Effect.Effect<A, E, R>) =>
    Effect.provideService(effect, SqlClient.TransactionConnection, [connection, 0])

  /** Commits what the effect wrote, or rolls it back. */
  const finish = <A, E, R>(connection: Connection, effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(effect)
      if (Exit.isFailure(exit)) {
        yield* rollback(connection)
        return yield* exit
      }
      yield* Effect.tapError(run(connection, "COMMIT"), () => rollback(connection))
      return exit.value
    })

  return <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> => {
    const own = Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const { connection, scope } = yield* Effect.catchIf(begun, isLocked, again(restore))
        return yield* Effect.ensuring(
          finish(connection, restore(within(connection, effect))),
          Scope.close(scope, Exit.void)
        )
      })
    )
    return Effect.flatMap(
      Effect.serviceOption(SqlClient.TransactionConnection),
      Option.match({ onNone: (): Effect.Effect<A, E | SqlError, R> => own, onSome: () => effect })
    )
  }
}
