/** Turns the options of `opentl run` into a session request. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import { CreateSession } from "../domain/SessionRequest.ts"
import { UsageError } from "./Failure.ts"
import * as RepositoryOption from "./RepositoryOption.ts"
import { oneLine } from "./terminal/SafeText.ts"
import { Stdio } from "./terminal/Stdio.ts"

export interface RunOptions {
  readonly prompt: string
  readonly repo: Option.Option<string>
  readonly agent: Option.Option<string>
  readonly model: Option.Option<string>
  readonly base: Option.Option<string>
  readonly approvePlan: boolean
  readonly planOnly: boolean
  readonly noQuestions: boolean
  readonly budget: Option.Option<number>
  readonly timeout: Option.Option<Duration.Duration>
}

/** The option that each field of the request comes from. */
const optionNames: Readonly<Record<string, string>> = {
  repo: "--repo",
  prompt: "the task",
  agent: "--agent",
  model: "--model",
  base: "--base",
  budget_usd: "--budget",
  timeout_seconds: "--timeout"
}

const decode = Schema.decodeUnknown(CreateSession)

/** The first error, named by its option. */
const explain = (error: ParseResult.ParseError): UsageError => {
  const issue = ParseResult.ArrayFormatter.formatErrorSync(error)[0]
  const field = String(issue?.path[0] ?? "")
  return new UsageError({ reason: `${optionNames[field] ?? field}: ${oneLine(issue?.message ?? error.message)}` })
}

/** The request, checked by the same rules as the server's. */
export const runRequest = (options: RunOptions) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const repo = yield* Option.match(options.repo, {
      onNone: () => RepositoryOption.ofClone,
      onSome: RepositoryOption.given
    })
    const given = Record.getSomes<string, string | number>({
      agent: options.agent,
      model: options.model,
      base: options.base,
      budget_usd: options.budget,
      timeout_seconds: Option.map(options.timeout, Duration.toSeconds)
    })
    const flags = {
      ...(options.approvePlan ? { approve_plan: true } : {}),
      ...(options.planOnly ? { plan_only: true } : {}),
      // nobody is there to answer
      ...(options.noQuestions || !stdio.inIsTty ? { no_questions: true } : {})
    }
    return yield* decode({ repo, prompt: options.prompt, ...given, ...flags })
  }).pipe(Effect.catchTag("ParseError", explain))
