/**
 * What a repository says of itself in `.opentl/config.yml`. It counts as it stands on the base commit, and it never decides
 * what only the operator may: a shell line as the agent is refused, and its domains are a wish.
 */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { AgentName, available } from "./Agent.ts"
import type { Check } from "./Checks.ts"
import { isDomain } from "./EgressDomain.ts"
import { BranchName } from "./Ids.ts"
import { optional, optionalKey } from "./Wire.ts"

/** In characters. */
const longest = { line: 10_000, instructions: 16_000, name: 100, model: 200, label: 50, prefix: 50 }

/**
 * Gives a value's errors one sentence, phrased to follow the key's name. Where it has the right form, the errors of its
 * parts keep their own.
 */
const must = <A, I>(
  be: string,
  schema: Schema.Schema<A, I>,
  hasForm: (value: unknown) => boolean = () => false
): Schema.Schema<A, I> =>
  schema.annotations({ message: ({ actual }) => ({ message: `must be ${be}`, override: !hasForm(actual) }) })

const textThat = (be: string, holds: (text: string) => boolean) => must(be, Schema.String.pipe(Schema.filter(holds)))

const isText = (text: string, limit: number) => text.trim() !== "" && text.length <= limit

const text = (what: string, limit: number) =>
  textThat(`${what} of at most ${limit} characters`, (text) => isText(text, limit))

const oneLine = (limit: number) =>
  textThat(`one line of at most ${limit} characters`, (text) => isText(text, limit) && !/[\r\n\0]/.test(text))

const listOf = <A, I>(what: string, most: number, item: Schema.Schema<A, I>) =>
  must(
    `a list of at most ${most} ${what}`,
    Schema.Array(item).pipe(Schema.maxItems(most)),
    (value) => Array.isArray(value) && value.length <= most
  )

const number = (what: string, least: number, most: number) =>
  must(`${what} from ${least} to ${most}`, Schema.Int.pipe(Schema.between(least, most)))

const ShellLine = text("a shell line", longest.line)

const Command = must(
  "name, run and timeout_seconds",
  Schema.Struct({
    name: optional(oneLine(longest.name)),
    run: Schema.propertySignature(ShellLine).annotations({ missingMessage: () => "is missing: it is the shell line" }),
    timeoutSeconds: optionalKey("timeout_seconds", number("a whole number of seconds", 1, 86_400))
  }),
  Predicate.isRecord
)

const PullRequest = must(
  "keys and values: draft, labels, reviewers, title_prefix",
  Schema.Struct({
    draft: optional(must("true or false", Schema.Boolean)),
    labels: optional(listOf("labels", 20, oneLine(longest.label))),
    reviewers: optional(
      listOf(
        "reviewers",
        15,
        textThat(
          "the name of a person or of a team (owner/team), without @",
          (name) => /^[\w-]{1,100}(\/[\w.-]{1,100})?$/.test(name)
        )
      )
    ),
    titlePrefix: optionalKey("title_prefix", oneLine(longest.prefix))
  }),
  Predicate.isRecord
)

const agentSentence = `auto or one of ${available.join(", ")}; only the operator may give a shell line as the agent`

const Document = must(
  "keys and values, as in verify: [npm test]",
  Schema.Struct({
    setup: optional(
      must(
        "a shell line or a list of shell lines",
        Schema.Union(ShellLine, listOf("shell lines", 50, ShellLine)),
        (value) => Predicate.isString(value) || Array.isArray(value)
      )
    ),
    verify: optional(listOf(
      "commands",
      50,
      must(
        "a shell line, or name, run and timeout_seconds",
        Schema.Union(ShellLine, Command),
        (value) => Predicate.isString(value) || Predicate.isRecord(value)
      )
    )),
    agent: optional(must(agentSentence, Schema.Literal("auto", ...AgentName.literals))),
    model: optional(oneLine(longest.model)),
    base: optional(must("the name of a branch", BranchName)),
    reviewRounds: optionalKey("review_rounds", number("a whole number", 0, 20)),
    instructions: optional(text("text", longest.instructions)),
    pullRequest: optionalKey("pull_request", PullRequest),
    egress: optional(listOf("domains", 50, textThat("a domain, as in example.com or *.example.com", isDomain)))
  }),
  Predicate.isRecord
)

/** The decoded configuration; of a repository without one, empty. */
export interface RepositoryConfig extends Omit<typeof Document.Type, "setup" | "verify"> {
  /** Shell lines in place of the detected dependency install. */
  readonly setup?: ReadonlyArray<string>
  /** The checks, in order, with unique names; an empty list means that there are none. */
  readonly verify?: ReadonlyArray<Check>
}

export const empty: RepositoryConfig = {}

/** From the root of the file to a value: `["verify", 0, "run"]`. */
export type KeyPath = ReadonlyArray<PropertyKey>

/** `verify[0].run` */
export const showPath = (path: KeyPath): string =>
  path.map((part, i) => typeof part === "number" ? `[${part}]` : `${i === 0 ? "" : "."}${String(part)}`).join("")

export interface ConfigProblem {
  readonly path: KeyPath
  /** What is wrong, phrased to follow the key's name. */
  readonly reason: string
}

/** The keys that there are: in the file, in `pull_request`, and in a command of `verify`. */
export const knownKeys = {
  file: [
    "setup",
    "verify",
    "agent",
    "model",
    "base",
    "review_rounds",
    "instructions",
    "pull_request",
    "egress"
  ],
  pullRequest: ["draft", "labels", "reviewers", "title_prefix"],
  command: ["name", "run", "timeout_seconds"]
} as const

export interface UnknownKey {
  readonly path: KeyPath
  /** The keys that are known in its place. */
  readonly known: ReadonlyArray<string>
}

const unknownIn = (value: unknown, at: KeyPath, known: ReadonlyArray<string>): ReadonlyArray<UnknownKey> =>
  Predicate.isRecord(value)
    ? Object.keys(value).filter((name) => !known.includes(name)).map((name) => ({ path: [...at, name], known }))
    : []

const unknownKeys = (file: Readonly<Record<PropertyKey, unknown>>): ReadonlyArray<UnknownKey> => [
  ...unknownIn(file, [], knownKeys.file),
  ...unknownIn(file["pull_request"], ["pull_request"], knownKeys.pullRequest),
  ...(Array.isArray(file["verify"])
    ? file["verify"].flatMap((command, i) => unknownIn(command, ["verify", i], knownKeys.command))
    : [])
]

/** Without the keys that have no value, as in a file whose values are commented out. */
const withoutEmpty = (value: unknown): unknown =>
  Predicate.isRecord(value)
    ? Object.fromEntries(
      Object.entries(value).flatMap(([name, value]) => value === null ? [] : [[name, withoutEmpty(value)]])
    )
    : value

/** The commands as checks. One without a name has its first line as its name; of the same name, the second is "name (2)". */
const toChecks = (commands: NonNullable<typeof Document.Type["verify"]>): ReadonlyArray<Check> => {
  const checks: Array<Check> = []
  for (const command of commands) {
    const { name = undefined, run, timeoutSeconds } = typeof command === "string" ? { run: command } : command
    const wanted = name ?? run.trim().split("\n", 1).join("").slice(0, longest.name).replace(/[\uD800-\uDBFF]$/, "")
    const isTaken = (name: string) => checks.some((known) => known.name === name)
    let unique = wanted
    for (let n = 2; isTaken(unique); n++) unique = `${wanted} (${n})`
    checks.push({ name: unique, run, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) })
  }
  return checks
}

const toConfig = ({ egress, setup, verify, ...rest }: typeof Document.Type): RepositoryConfig => ({
  ...rest,
  ...(setup === undefined ? {} : { setup: typeof setup === "string" ? [setup] : setup }),
  ...(verify === undefined ? {} : { verify: toChecks(verify) }),
  ...(egress === undefined ? {} : { egress: egress.map((domain) => domain.toLowerCase()) })
})

const decodeDocument = Schema.decodeUnknownEither(Document)

/** The error of the innermost value: of the forms that a value may have, it is the one that it was meant to have. */
const problemOf = (error: ParseResult.ParseError): ConfigProblem => {
  const [first = { path: [], message: "cannot be read" }, ...others] = ParseResult.ArrayFormatter.formatErrorSync(error)
  const { message, path } = others.reduce(
    (inner, issue) => issue.path.length > inner.path.length ? issue : inner,
    first
  )
  return { path, reason: message }
}

export interface Decoded {
  readonly config: RepositoryConfig
  /** Keys that mean nothing. They are ignored. */
  readonly unknown: ReadonlyArray<UnknownKey>
}

/** Decodes the value that the file has; null if the file is empty. */
export const decode = (value: unknown): Either.Either<Decoded, ConfigProblem> => {
  const file = withoutEmpty(value ?? {})
  return Either.mapBoth(decodeDocument(file), {
    onLeft: problemOf,
    onRight: (document) => ({
      config: toConfig(document),
      unknown: Predicate.isRecord(file) ? unknownKeys(file) : []
    })
  })
}
