/**
 * The rules of secretlint's recommended preset, run on a text. Of secretlint only these rules are used: its core keeps marks
 * for the performance timeline of every file for ever, and fails outside of its own promise for some file names.
 */
import type { SecretLintRuleContext, SecretLintRuleCreator, SecretLintSourceCode } from "@secretlint/types"
import * as Effect from "effect/Effect"
import type { Match } from "./Match.ts"
import * as Placeholders from "./Placeholders.ts"
import { SecretScanError } from "./SecretScanError.ts"

type Rule = SecretLintRuleCreator<object>

const prefix = /^@secretlint\/secretlint-rule-/

/** Its range is not that of the key, and it misses keys that end with a slash or a plus: `TokenPatterns` finds them all. */
const unused = new Set(["AWSSecretAccessKey"])

/** What else must hold for a rule's match: its patterns match documentation too. */
const isReal: Readonly<Record<string, (value: string) => boolean>> = {
  basicauth: Placeholders.hasRealPassword,
  "database-connection-string": Placeholders.hasRealPassword,
  // checked by the rule
  privatekey: () => true,
  slack: (value) => /\d{8}|\/services\//.test(value) && Placeholders.looksGenerated(value),
  sendgrid: (value) => /^SG\.[\w-]{16,32}\.[\w-]{30,}/.test(value) && Placeholders.looksGenerated(value)
}

/** The package's names of these differ from those of `TokenPatterns` and `PrivateKeys`. */
const names: Readonly<Record<string, string>> = { privatekey: "private-key" }

/** A text without a name: with one, some rules would read that file. */
const source = (content: string): SecretLintSourceCode => ({
  hasBOM: false,
  content,
  filePath: undefined,
  physicalFilePath: undefined,
  contentType: "text",
  ext: "",
  getFilePath: () => undefined,
  getPhysicalFilePath: () => undefined,
  locationToRange: () => [0, 0],
  rangeToLocation: () => ({ start: { line: 1, column: 0 }, end: { line: 1, column: 0 } }),
  positionToIndex: () => 0,
  indexToPosition: () => ({ line: 1, column: 0 })
})

/** The runtime caches the module. A cached effect would also cache the interruption of its first caller. */
const load = Effect.tryPromise({
  try: () => import("@secretlint/secretlint-rule-preset-recommend"),
  catch: () => new SecretScanError({ reason: "the scanner's rules could not be loaded" })
})

/** Runs one rule. Its messages contain what it found, so only ranges are taken from it, from its errors nothing. */
const run = (rule: Rule, text: string): Effect.Effect<ReadonlyArray<Match>, SecretScanError> => {
  const name = rule.meta.id.replace(prefix, "")
  return Effect.tryPromise({
    try: () => {
      const found: Array<Match> = []
      const context: SecretLintRuleContext = {
        sharedOptions: {},
        createTranslator: () => (messageId) => ({ message: "", messageId: String(messageId), data: undefined }),
        // a comment in the text (`secretlint-disable`) asks for this, and it is the agent that writes the text
        ignore: () => {},
        report: ({ message, range: [start, end] }) => {
          if (unused.has(message.messageId)) return
          if (!(isReal[name] ?? Placeholders.looksGenerated)(text.slice(start, end))) return
          found.push({ rule: names[name] ?? name, start, end })
        }
      }
      return Promise.resolve(rule.create(context, {}).file?.(source(text))).then(() => found)
    },
    catch: () => new SecretScanError({ reason: `the scanner's rule ${name} failed` })
  })
}

/** Finds secrets in a text. */
export const make: Effect.Effect<
  (text: string) => Effect.Effect<ReadonlyArray<Match>, SecretScanError>,
  SecretScanError
> = Effect.map(
  load,
  ({ rules }) => (text) => Effect.map(Effect.forEach(rules, (rule) => run(rule, text)), (found) => found.flat())
)
