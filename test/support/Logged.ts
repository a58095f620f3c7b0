/** What a program under test logs, for tests that read it. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"

export interface LogLine {
  readonly level: LogLevel.Literal
  readonly message: string
  /** As it is printed; empty where there is none. */
  readonly cause: string
}

/** A logger that keeps its lines in place of the default one, and the lines so far. */
export const make = Effect.sync(() => {
  const lines: Array<LogLine> = []
  const logger = Logger.make(({ cause, logLevel, message }) => {
    const parts = Array.isArray(message) ? message : [message]
    lines.push({
      level: logLevel._tag,
      message: parts.map(String).join(" "),
      cause: Cause.isEmpty(cause) ? "" : Cause.pretty(cause)
    })
  })
  return {
    layer: Logger.replace(Logger.defaultLogger, logger),
    lines: Effect.sync((): ReadonlyArray<LogLine> => [...lines])
  }
})
