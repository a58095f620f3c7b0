/** One thing that a session needs, and its state on this machine. */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { optional } from "../../domain/Wire.ts"
import type { AppConfig } from "../../services/config/AppConfig.ts"

export const Finding = Schema.Struct({
  check: Schema.String,
  status: Schema.Literal("ok", "warn", "fail"),
  detail: Schema.String,
  /** How to fix it. */
  mend: optional(Schema.String)
})
export type Finding = typeof Finding.Type
export type Verdict = Omit<Finding, "check">

export const ok = (detail: string): Verdict => ({ status: "ok", detail })
/** Sessions still run, or some of them do. */
export const warn = (detail: string, mend: string): Verdict => ({ status: "warn", detail, mend })
/** Sessions cannot run, or something that is switched on does not work. */
export const fail = (detail: string, mend: string): Verdict => ({ status: "fail", detail, mend })

/** A check never fails: every error becomes its verdict. */
export interface DoctorCheck {
  readonly name: string
  readonly run: Effect.Effect<
    Verdict,
    never,
    AppConfig | CommandExecutor.CommandExecutor | FileSystem.FileSystem | HttpClient.HttpClient | Path.Path
  >
}

/** How long a check may take. */
const timeLimit = "15 seconds"

export const examine = ({ name, run }: DoctorCheck) =>
  run.pipe(
    Effect.timeoutTo({
      duration: timeLimit,
      onSuccess: (verdict) => verdict,
      onTimeout: () => fail(`no answer within ${timeLimit}`, "try again, or find out what is slow")
    }),
    Effect.map((verdict): Finding => ({ check: name, ...verdict }))
  )

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: unknown
}

/** The system's error code (ECONNREFUSED, ENOTFOUND), from the innermost cause. */
const codeOf = (error: unknown): string | undefined =>
  Predicate.hasProperty(error, "cause") && error.cause !== undefined
    ? codeOf(error.cause) ?? (Predicate.hasProperty(error, "code") ? String(error.code) : undefined)
    : Predicate.hasProperty(error, "code")
    ? String(error.code)
    : undefined

/** Sends a request to a service. The error is a reason in words, without the URL, which may contain a token. */
export const request = (
  ask: HttpClientRequest.HttpClientRequest
): Effect.Effect<Answer, string, HttpClient.HttpClient> =>
  HttpClient.execute(ask).pipe(
    Effect.flatMap((response) =>
      Effect.map(Effect.option(response.json), (body): Answer => ({
        status: response.status,
        headers: response.headers,
        body: Option.getOrUndefined(body)
      }))
    ),
    Effect.scoped,
    Effect.mapError((error) => `it cannot be reached (${codeOf(error) ?? error.reason})`)
  )
