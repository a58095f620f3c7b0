/** What `opentl run` asks for, from its options. */
import * as PlatformCommand from "@effect/platform/Command"
import * as Path from "@effect/platform/Path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import { CreateSession } from "../domain/SessionRequest.ts"
import { UsageError } from "./Failure.ts"
import { oneLine } from "./TerminalText.ts"

export interface RunOptions {
  readonly prompt: string
  readonly repo: Option.Option<string>
  readonly agent: Option.Option<string>
  readonly model: Option.Option<string>
  readonly base: Option.Option<string>
  readonly approvePlan: boolean
  readonly planOnly: boolean
  readonly budget: Option.Option<number>
  readonly timeout: Option.Option<Duration.Duration>
}

/** The option that a field of the request comes from. */
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

/** The first thing that is wrong, with the option that it stands in. */
const explain = (error: ParseResult.ParseError): UsageError => {
  const issue = ParseResult.ArrayFormatter.formatErrorSync(error)[0]
  const field = String(issue?.path[0] ?? "")
  return new UsageError({ reason: `${optionNames[field] ?? field}: ${oneLine(issue?.message ?? error.message)}` })
}

const github =
  /^(?:https:\/\/github\.com\/|git@github\.com:|ssh:\/\/git@github\.com\/)([^/\s]+\/[^/\s]+?)(?:\.git)?\/?$/

/** The name of the repository that a GitHub remote leads to. */
export const nameOfRemote = (url: string): string | undefined => github.exec(url.trim())?.[1]

const git = (...args: ReadonlyArray<string>) =>
  PlatformCommand.string(PlatformCommand.make("git", ...args)).pipe(
    Effect.map((output) => output.trim()),
    Effect.orElseSucceed(() => "")
  )

/** Says what could be given here: the repository that this directory belongs to. */
const missingRepository = Effect.gen(function*() {
  const accepted = "--repo is missing: give owner/name (GitHub), or the path of a local git repository"
  if ((yield* git("rev-parse", "--git-dir")) === "") return new UsageError({ reason: accepted })
  const name = nameOfRemote(yield* git("config", "--get", "remote.origin.url"))
  return new UsageError({ reason: `${accepted}; here: --repo ${name === undefined ? "." : `${name}, or --repo .`}` })
})

/** A relative path means something only here, so it is made absolute. Other spellings are left to the domain. */
const resolveRepository = (repo: string) =>
  Effect.map(Path.Path, (path) => /^\.\.?(\/|$)/.test(repo) ? path.resolve(repo) : repo)

/** The request, checked as a server checks it. */
export const runRequest = (options: RunOptions) =>
  Effect.gen(function*() {
    if (Option.isNone(options.repo)) return yield* Effect.flip(missingRepository)
    const repo = yield* resolveRepository(options.repo.value)
    const given = Record.getSomes<string, string | number>({
      agent: options.agent,
      model: options.model,
      base: options.base,
      budget_usd: options.budget,
      timeout_seconds: Option.map(options.timeout, Duration.toSeconds)
    })
    const flags = {
      ...(options.approvePlan ? { approve_plan: true } : {}),
      ...(options.planOnly ? { plan_only: true } : {})
    }
    return yield* decode({ repo, prompt: options.prompt, ...given, ...flags })
  }).pipe(Effect.catchTag("ParseError", explain))
