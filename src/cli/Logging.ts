/**
 * Where logs go. A command prints warnings and errors for a person, one readable line each, and keeps the full log in a
 * file if it works in this process. A server logs to standard error for its operator. `--log-level` shows every entry
 * in full, in both.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as PlatformLogger from "@effect/platform/PlatformLogger"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Predicate from "effect/Predicate"
import { oneLine } from "./terminal/SafeText.ts"
import { Stdio } from "./terminal/Stdio.ts"

const messageOf = (part: unknown): string =>
  typeof part === "string"
    ? part
    : Predicate.hasProperty(part, "message") && typeof part.message === "string" && part.message !== ""
    ? part.message
    : Inspectable.toStringUnknown(part)

/** A log entry in one line: the message, and the first line of its cause. */
export const sentence = ({ cause, message }: Pick<Logger.Logger.Options<unknown>, "cause" | "message">): string => {
  const parts = Array.isArray(message) ? message : [message]
  const because = Cause.isEmpty(cause) ? [] : [Cause.pretty(cause).split("\n")[0] ?? ""]
  return oneLine([parts.map(messageOf).join(" "), ...because].filter((text) => text !== "").join(": "))
}

/** Prints `warning: …` for warnings and errors, and nothing for lower levels. */
const forPerson = (write: (line: string) => void, paint: (text: string) => string) =>
  Logger.make((entry) => {
    if (LogLevel.greaterThanEqual(entry.logLevel, LogLevel.Warning)) write(`${paint("warning:")} ${sentence(entry)}\n`)
  })

/** Prints `12:30:01 info  slack: running as @opentl`, with the full cause below it. */
const forOperator = (write: (line: string) => void, paint: (text: string) => string) => {
  const zone = DateTime.zoneMakeLocal()
  return Logger.make(({ annotations, cause, date, logLevel, message }) => {
    const time = DateTime.formatIsoZoned(DateTime.setZone(DateTime.unsafeFromDate(date), zone)).slice(11, 19)
    const notes = HashMap.toEntries(annotations).map(([name, value]) => `${name}=${messageOf(value)}`)
    const text = [sentence({ message, cause: Cause.empty }), ...notes].join(" ")
    const below = Cause.isEmpty(cause) ? "" : `${Cause.pretty(cause)}\n`
    write(`${paint(time)} ${logLevel.label.toLowerCase().padEnd(5)} ${text}\n${below}`)
  })
}

export interface LoggingOptions {
  readonly isServer: boolean
  /** Whether `--log-level` was given. */
  readonly isVerbose: boolean
}

export const layer = ({ isServer, isVerbose }: LoggingOptions): Layer.Layer<never, never, Stdio> =>
  Layer.unwrapEffect(Effect.map(Stdio, ({ errIsTty, errStyle, unsafeErr }) => {
    const logger = isVerbose
      ? errIsTty
        ? Logger.prettyLogger({ colors: errStyle.colour, stderr: true })
        : Logger.map(Logger.logfmtLogger, (line) => unsafeErr(`${line}\n`))
      : !isServer
      ? forPerson(unsafeErr, errStyle.yellow)
      : errIsTty
      ? forOperator(unsafeErr, errStyle.dim)
      : Logger.map(Logger.logfmtLogger, (line) => unsafeErr(`${line}\n`))
    return Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.Info))
  }))

/** The log of work done in a command's own process. */
export const fileName = "opentl.log"

/** Above this size (bytes), the file is moved to `opentl.log.old` before more is written. */
const largestFile = 1024 * 1024

/**
 * Also writes the log to the data directory, for the lifetime of the scope. A log that cannot be written is not a
 * failure.
 */
export const toFile = (dataDir: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(dataDir, { recursive: true, mode: 0o700 })
    const file = `${dataDir}/${fileName}`
    const size = yield* Effect.orElseSucceed(Effect.map(fs.stat(file), (info) => Number(info.size)), () => 0)
    if (size > largestFile) yield* fs.rename(file, `${file}.old`)
    const logger = yield* PlatformLogger.toFile(Logger.logfmtLogger, file, { mode: 0o600 })
    yield* Effect.locallyScopedWith(FiberRef.currentLoggers, HashSet.add<Logger.Logger<unknown, unknown>>(logger))
  }).pipe(Effect.ignore)
