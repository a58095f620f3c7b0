/**
 * Where logs go. A command is a person's: of what is logged it says warnings and errors, a readable line each, and keeps
 * the whole in a file where it works in this process. A server's log is for whoever runs it, on standard error.
 * `--log-level` shows everything as it was written, in both.
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
import { Stdio } from "./terminal/Stdio.ts"
import { oneLine } from "./terminal/TerminalText.ts"

const messageOf = (part: unknown): string =>
  typeof part === "string"
    ? part
    : Predicate.hasProperty(part, "message") && typeof part.message === "string" && part.message !== ""
    ? part.message
    : Inspectable.toStringUnknown(part)

/** What is logged, in one line: the message, and of a cause its first line. */
export const sentence = ({ cause, message }: Pick<Logger.Logger.Options<unknown>, "cause" | "message">): string => {
  const parts = Array.isArray(message) ? message : [message]
  const because = Cause.isEmpty(cause) ? [] : [Cause.pretty(cause).split("\n")[0] ?? ""]
  return oneLine([parts.map(messageOf).join(" "), ...because].filter((text) => text !== "").join(": "))
}

/** `warning: …`, or nothing for what is none. */
const forPerson = (write: (line: string) => void, paint: (text: string) => string) =>
  Logger.make((entry) => {
    if (LogLevel.greaterThanEqual(entry.logLevel, LogLevel.Warning)) write(`${paint("warning:")} ${sentence(entry)}\n`)
  })

/** `12:30:01 info  slack: running as @opentl`, and the whole of a cause below it. */
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

/** The log of work that was done in commands' own processes. */
export const fileName = "opentl.log"

/** A file of this size is put aside (`opentl.log.old`) before more is written. */
const largestFile = 1024 * 1024

/** From now on the log is kept in the data directory, too, for as long as the scope. That it cannot be is no failure. */
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
