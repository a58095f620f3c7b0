/** How a command ends: its exit code, and one line that says what went wrong and what to do about it. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import type * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { SessionId } from "../domain/Ids.ts"
import { oneLine } from "./terminal/SafeText.ts"

/** Exit codes, part of the public contract. */
export const ExitCode = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** The exit code after a signal. A server that is told to stop and stops has succeeded. */
export class InterruptedCode
  extends Context.Tag("opentl/cli/Failure/InterruptedCode")<InterruptedCode, Ref.Ref<number>>()
{}

/** The command line is wrong. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** Checks a text from the user by the same rules as the server. */
export const checkText = <I>(what: string, schema: Schema.Schema<string, I>, text: unknown) =>
  Effect.mapError(
    Schema.decodeUnknown(schema)(text),
    (error) =>
      new UsageError({
        reason: `${what} ${ParseResult.ArrayFormatter.formatErrorSync(error)[0]?.message ?? "is not accepted"}`
      })
  )

/** The followed turn failed or was cancelled. */
export class TurnFailed extends Schema.TaggedError<TurnFailed>()("TurnFailed", {
  sessionId: SessionId,
  end: Schema.Literal("error", "cancelled"),
  text: Schema.String
}) {
  override get message() {
    const what = this.end === "cancelled" ? "was cancelled" : "failed"
    return `session ${this.sessionId} ${what}: ${this.text} (see opentl logs ${this.sessionId})`
  }
}

/** Everything was already printed on standard output; only the exit code remains to be set. */
export class SilentFailure extends Schema.TaggedError<SilentFailure>()("SilentFailure", {}) {
  override get message() {
    return "failed"
  }
}

/** The person stopped watching, and was told how to come back. */
export class Detached extends Schema.TaggedError<Detached>()("Detached", {}) {
  override get message() {
    return "detached"
  }
}

export interface Report {
  readonly code: number
  /** Without the prefix "error: "; absent if there is nothing to say. */
  readonly line: string | undefined
}

const usageTags: ReadonlySet<string> = new Set(["UsageError", "InvalidRequest"])
const quiet: Readonly<Record<string, number>> = {
  OutputClosed: ExitCode.ok,
  SilentFailure: ExitCode.failed,
  Detached: ExitCode.interrupted
}

/** Advice for errors whose message does not include any. */
const mends: Readonly<Record<string, string>> = {
  SessionNotFound: "opentl list shows the sessions",
  SessionEnded: "opentl message starts another turn",
  NothingToApprove: "opentl status shows what it is doing"
}

const messageOf = (error: unknown): string =>
  Predicate.hasProperty(error, "message") && typeof error.message === "string" && error.message !== ""
    ? error.message
    : String(error)

/** A client reports a lost connection as a store error of the form "answer: <reason>". Returns the reason. */
export const lostServer = (error: unknown): string | undefined =>
  Predicate.isTagged(error, "StoreError") && Predicate.hasProperty(error, "operation")
    ? /^answer: (.*)$/s.exec(String(error.operation))?.[1]
    : undefined

const sentenceOf = (error: unknown): string => {
  const lost = lostServer(error)
  return oneLine(lost === undefined ? messageOf(error) : `the server cannot be reached: ${lost}`)
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

/** The exit code and message of a failed command. */
export const report = (cause: Cause.Cause<unknown>): Report =>
  Option.match(Cause.failureOption(cause), {
    onSome: reportError,
    onNone: () =>
      Option.match(Cause.dieOption(cause), {
        onNone: () => ({ code: ExitCode.interrupted, line: undefined }),
        onSome: (defect) => ({
          code: ExitCode.failed,
          line: `${oneLine(messageOf(defect))} (this is a bug in OpenTL; --log-level debug shows where)`
        })
      })
  })
