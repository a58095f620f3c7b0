/** How a command ends: the exit code, and the one line that says what went wrong and what to do about it. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import type * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { SessionId } from "../domain/Ids.ts"
import { oneLine } from "./terminal/TerminalText.ts"

/** The contract's exit codes. */
export const ExitCode = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** What an interruption by a signal exits with: a server that was told to stop has done what it was asked for. */
export class InterruptedCode
  extends Context.Tag("opentl/cli/Failure/InterruptedCode")<InterruptedCode, Ref.Ref<number>>()
{}

/** The command line is wrong. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** A text that a person gave, checked as the server checks it. */
export const checkText = <I>(what: string, schema: Schema.Schema<string, I>, text: unknown) =>
  Effect.mapError(
    Schema.decodeUnknown(schema)(text),
    (error) =>
      new UsageError({
        reason: `${what} ${ParseResult.ArrayFormatter.formatErrorSync(error)[0]?.message ?? "is not accepted"}`
      })
  )

/** The followed turn ended otherwise than well. */
export class TurnFailed extends Schema.TaggedError<TurnFailed>()("TurnFailed", {
  sessionId: SessionId,
  end: Schema.Literal("error", "cancelled"),
  text: Schema.String
}) {
  override get message() {
    const what = this.end === "cancelled" ? "was cancelled" : "failed"
    return `session ${this.sessionId} ${what}: ${this.text} (opentl logs ${this.sessionId} shows all of it)`
  }
}

/** What was asked for is said on standard output already; only the exit code is left to set. */
export class SilentFailure extends Schema.TaggedError<SilentFailure>()("SilentFailure", {}) {
  override get message() {
    return "failed"
  }
}

/** The person has gone away from what goes on, and was told how to come back. */
export class Detached extends Schema.TaggedError<Detached>()("Detached", {}) {
  override get message() {
    return "detached"
  }
}

export interface Report {
  readonly code: number
  /** Without "error: "; absent where nothing is to be said. */
  readonly line: string | undefined
}

const usageTags: ReadonlySet<string> = new Set(["UsageError", "InvalidRequest"])
const quiet: Readonly<Record<string, number>> = {
  OutputClosed: ExitCode.ok,
  SilentFailure: ExitCode.failed,
  Detached: ExitCode.interrupted
}

/** What a person does about an error whose own message does not say it. */
const mends: Readonly<Record<string, string>> = {
  SessionNotFound: "opentl list shows the sessions",
  SessionEnded: "opentl message starts another turn",
  NothingToApprove: "opentl status shows what it is doing"
}

const messageOf = (error: unknown): string =>
  Predicate.hasProperty(error, "message") && typeof error.message === "string" && error.message !== ""
    ? error.message
    : String(error)

/** What a client meets between here and the server, it tells as a store that fails to "answer: <what it met>". */
export const lostServer = (error: unknown): string | undefined =>
  Predicate.isTagged(error, "StoreError") && Predicate.hasProperty(error, "operation")
    ? /^answer: (.*)$/s.exec(String(error.operation))?.[1]
    : undefined

const sentenceOf = (error: unknown): string => {
  const lost = lostServer(error)
  return oneLine(lost === undefined ? messageOf(error) : `the server could not be asked: ${lost}`)
}

const reportError = (error: unknown): Report => {
  const tag = Predicate.hasProperty(error, "_tag") ? String(error._tag) : ""
  const silent = quiet[tag]
  if (silent !== undefined) return { code: silent, line: undefined }
  const mend = mends[tag]
  return {
    code: usageTags.has(tag) ? ExitCode.usage : ExitCode.failed,
    line: sentenceOf(error) + (mend === undefined ? "" : ` (${mend})`)
  }
}

/** What a failed command exits with and says. */
export const report = (cause: Cause.Cause<unknown>): Report =>
  Option.match(Cause.failureOption(cause), {
    onSome: reportError,
    onNone: () =>
      Option.match(Cause.dieOption(cause), {
        onNone: () => ({ code: ExitCode.interrupted, line: undefined }),
        onSome: (defect) => ({
          code: ExitCode.failed,
          line: `${oneLine(messageOf(defect))} (this is a fault of OpenTL's: --log-level debug shows where)`
        })
      })
  })
