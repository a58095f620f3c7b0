/** The arguments and options that commands share. Their errors name them. */
import * as Args from "@effect/cli/Args"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { restore } from "./CommandLine.ts"

/** A required text argument. */
export const argument = (name: string, description: string): Args.Args<string> =>
  Args.text({ name }).pipe(Args.withDescription(description), Args.map(restore))

/** Any number of words. */
export const words = (name: string, description: string): Args.Args<ReadonlyArray<string>> =>
  Args.repeated(argument(name, description))

/** Where the value comes from if it is not given; shown after the description. */
export interface Otherwise {
  /** The environment variable to read. */
  readonly env?: string
  readonly default?: string
}

const withOtherwise = (description: string, otherwise: Otherwise): string =>
  description +
  (otherwise.env === undefined ? "" : ` [env: ${otherwise.env}]`) +
  (otherwise.default === undefined ? "" : ` [default: ${otherwise.default}]`)

/** A text option. */
export const text = (
  name: string,
  placeholder: string,
  description: string,
  otherwise: Otherwise = {}
): Options.Options<string> =>
  Options.text(name).pipe(
    Options.withPseudoName(placeholder),
    Options.withDescription(withOtherwise(description, otherwise)),
    Options.map(restore)
  )

export const flag = (name: string, description: string): Options.Options<boolean> =>
  Options.boolean(name).pipe(Options.withDescription(description))

/** A text option parsed into another type; `accepted` completes "--name takes …". */
const parsed = <A>(
  name: string,
  placeholder: string,
  description: string,
  accepted: string,
  parse: (text: string) => A | undefined,
  otherwise: Otherwise = {}
): Options.Options<A> =>
  text(name, placeholder, description, otherwise).pipe(Options.mapEffect((input) => {
    const value = parse(input)
    return value === undefined
      ? Effect.fail(ValidationError.invalidValue(HelpDoc.p(`--${name} takes ${accepted}, not "${input}"`)))
      : Effect.succeed(value)
  }))

/** A whole number within a range, bounds included. */
export const wholeNumber = (
  name: string,
  description: string,
  range: { readonly min: number; readonly max?: number },
  otherwise?: Otherwise
) =>
  parsed(
    name,
    "n",
    description,
    range.max === undefined ? `a whole number from ${range.min}` : `a whole number from ${range.min} to ${range.max}`,
    (input) => {
      const n = /^[0-9]{1,15}$/.test(input) ? Number(input) : -1
      return n >= range.min && n <= (range.max ?? Number.MAX_SAFE_INTEGER) ? n : undefined
    },
    otherwise
  )

/** An amount in US dollars, in the API's range: `2`, `0.5`. */
export const dollars = (name: string, description: string, otherwise?: Otherwise) =>
  parsed(name, "usd", description, "an amount in US dollars from 0.01 to 10000", (input) => {
    const amount = /^\$?[0-9]{1,6}(\.[0-9]{1,6})?$/.test(input) ? Number(input.replace("$", "")) : 0
    return amount >= 0.01 && amount <= 10_000 ? amount : undefined
  }, otherwise)

const units = [
  { seconds: 1, names: ["", "s", "sec", "secs", "second", "seconds"] },
  { seconds: 60, names: ["m", "min", "mins", "minute", "minutes"] },
  { seconds: 3600, names: ["h", "hour", "hours"] }
] as const

/** A duration between one second and one day: `90`, `90s`, `30m`, `2h`, `30 minutes`. A bare number is in seconds. */
export const duration = (name: string, description: string, otherwise?: Otherwise) =>
  parsed(name, "time", description, "a time from 1 second to 24 hours (90s, 30m, 2h)", (input) => {
    const [, amount, word] = /^([0-9]{1,5})\s*([a-z]*)$/.exec(input.trim().toLowerCase()) ?? []
    const unit = units.find(({ names }) => names.some((unitName) => unitName === word))
    const seconds = Number(amount) * (unit?.seconds ?? 0)
    return seconds >= 1 && seconds <= 86_400 ? Duration.seconds(seconds) : undefined
  }, otherwise)

/** One of the named values. */
export const choice = <const A extends string>(
  name: string,
  placeholder: string,
  values: ReadonlyArray<A>,
  description: string
) =>
  parsed(
    name,
    placeholder,
    `${description}: ${values.join(", ")}`,
    `one of ${values.join(", ")}`,
    (input) => values.find((value) => value === input)
  )

export const sessionId = argument("id", "the session's id, or an unambiguous prefix of it")

export const server = text("server", "url", "the server to use instead of the one on this machine", {
  env: "OPENTL_SERVER"
}).pipe(Options.optional)

export const json = (what: string) => flag("json", `print ${what} instead of text`)
