/**
 * The gate before a push: the secrets that a session would add to the repository. Only the rule and the place of a
 * secret are known here, never its value.
 */
import * as Schema from "effect/Schema"
import * as Invisible from "./Invisible.ts"
import { optional } from "./Wire.ts"

export const SecretFound = Schema.Struct({
  /** The kind of secret, in the scanner's words: `github`, `private-key`. */
  rule: Schema.String,
  /** Its path after the change. If the path itself contains a secret, that part is left out. */
  file: Schema.String,
  /** The line in the new version of the file; 1 for a binary file and for a path. */
  line: Schema.Int
})
export type SecretFound = typeof SecretFound.Type

export const Gate = Schema.Struct({
  /** If there are many, only the first ones. */
  secrets: Schema.Array(SecretFound),
  /** The number of further secrets. */
  more: optional(Schema.Positive.pipe(Schema.int())),
  /** What was not scanned: files with the reason. */
  unscanned: optional(Schema.Array(Schema.String))
})
export type Gate = typeof Gate.Type

const maxListed = 50
const maxNameLength = 500

/** A file's name as findings have it. */
export const shownName = (name: string): string => Invisible.reveal(name, maxNameLength)

/** Builds the result of a scan: each place once per rule, the lists limited. */
export const make = (found: ReadonlyArray<SecretFound>, unscanned: ReadonlyArray<string>): Gate => {
  const places = new Map(found.map((secret) => [`${secret.rule}\n${secret.line}\n${secret.file}`, secret]))
  const secrets = [...places.values()].map((secret) => ({ ...secret, file: shownName(secret.file) }))
  const left = unscanned.length - maxListed
  return {
    secrets: secrets.slice(0, maxListed),
    ...(secrets.length > maxListed ? { more: secrets.length - maxListed } : {}),
    ...(unscanned.length === 0 ? {} : {
      unscanned: [...unscanned.slice(0, maxListed).map(shownName), ...(left > 0 ? [`and ${left} more`] : [])]
    })
  }
}

/** Whether the session may be pushed. What was not scanned does not hold it back: it is said. */
export const isClean = (gate: Gate): boolean => gate.secrets.length === 0

const total = ({ more = 0, secrets }: Gate): number => secrets.length + more

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`

const place = ({ file, line, rule }: SecretFound): string => `${file}:${line} (${rule})`

/** At most `limit` places, then the number of the rest. */
const list = (gate: Gate, limit: number): string => {
  const shown = gate.secrets.slice(0, limit)
  const rest = total(gate) - shown.length
  return `${shown.map(place).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`
}

const unscannedText = ({ unscanned = [] }: Gate): ReadonlyArray<string> =>
  unscanned.length === 0 ? [] : [`not scanned for secrets: ${unscanned.join(", ")}`]

/** "2 secrets in the change: src/a.ts:3 (github), .env:1 (aws)" */
export const show = (gate: Gate): string =>
  [
    isClean(gate)
      ? "no secrets in the change"
      : `${counted(total(gate), "secret")} in the change: ${list(gate, 20)}`,
    ...unscannedText(gate)
  ].join("\n")

/** A file's name in markdown. A backtick or a line end in it would end the quotation. */
const quoted = (name: string): string => `\`${name.replace(/[`\n\r]/g, "?")}\``

/** What the agent is told to mend: each place with its rule, and how. Empty if there is nothing to mend. */
export const findingsMarkdown = (gate: Gate): string =>
  isClean(gate) ? "" : [
    `The change contains ${counted(total(gate), "secret")}, so it cannot be pushed:`,
    "",
    ...gate.secrets.map(({ file, line, rule }) => `- ${quoted(`${file}:${line}`)}: ${rule}`),
    ...(gate.more === undefined ? [] : [`- and ${gate.more} more`]),
    "",
    "Remove each one from every file, and read it from the environment (or the project's own configuration of secrets) " +
    "instead. If it is a fake one that a test needs, give it a shape that no real one has, as in `not-a-real-key`, or " +
    "put it together at run time. Never repeat the value: not in code, tests, documentation, commit messages or your " +
    "answer."
  ].join("\n")
