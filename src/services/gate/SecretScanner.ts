/**
 * Scans a session's diff for secrets before it is pushed: private keys, tokens of known services, passwords in URLs, and the
 * server's own secrets. What was found is never part of a result, an error or a log.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { ChangedFile } from "../../domain/ChangedFile.ts"
import * as Gate from "../../domain/Gate.ts"
import * as Patch from "../../domain/Patch.ts"
import { AppConfig } from "../config/AppConfig.ts"
import * as GitBinary from "./GitBinary.ts"
import type { Match } from "./Match.ts"
import * as OwnSecrets from "./OwnSecrets.ts"
import * as PrivateKeys from "./PrivateKeys.ts"
import * as ScannedText from "./ScannedText.ts"
import * as SecretHints from "./SecretHints.ts"
import * as SecretlintRules from "./SecretlintRules.ts"
import { SecretScanError } from "./SecretScanError.ts"
import * as TokenPatterns from "./TokenPatterns.ts"

export { SecretScanError }

/** In characters, of one file. The rest of a longer one is not scanned. */
const maxFile = 32 * 1024 * 1024

/** Lets the event loop do what else there is to do: a turn of it, not a time, whatever clock the program has. */
const nextTurn = Clock.make().sleep(Duration.zero)

/** Whether the path is new, so that what it contains is this session's. */
const isNewPath = ({ header }: Patch.PatchSection): boolean => /^(?:new file mode|rename to|copy to) /m.test(header)

/** The path without the secrets in it: it is shown. */
const masked = (path: string, matches: ReadonlyArray<Match>): string =>
  path.split("").map((character, at) => ({
    character,
    isSecret: matches.some(({ end, start }) => at >= start && at < end)
  }))
    .map(({ character, isSecret }, at, all) => !isSecret ? character : all[at - 1]?.isSecret === true ? "" : "…")
    .join("")

/** The paths of a change that its patch, which was cut, does not contain. */
const missing = (sections: ReadonlyArray<Patch.PatchSection>, changed: ReadonlyArray<ChangedFile>) => {
  const paths = new Set(sections.map(({ path }) => path))
  return changed.filter(({ path, status }) => status !== "deleted" && !paths.has(path)).map(({ path }) => path)
}

const cutNote = /\n# The diff is longer than \d+ bytes and ends here\.\n$/

/** Finds secrets in texts one by one, and tells quickly which need not be asked about. */
export interface Finder {
  readonly mayHold: (text: string) => boolean
  /** What cannot be looked through is a secret as a whole. */
  readonly find: (text: string) => Effect.Effect<ReadonlyArray<Match>>
  /** The server's own secrets. */
  readonly own: ReadonlyArray<string>
}

export class SecretScanner extends Context.Tag("opentl/services/gate/SecretScanner")<SecretScanner, {
  /**
   * Scans what a patch adds. `changed` are all files of the change: those that are not in the patch, because it was cut, are
   * reported as not scanned.
   */
  readonly scan: (
    patch: string,
    changed?: ReadonlyArray<ChangedFile>
  ) => Effect.Effect<Gate.Gate, SecretScanError>
  /** Scans another text that would be published, for example a commit's message, under a name that stands for its file. */
  readonly scanText: (name: string, text: string) => Effect.Effect<Gate.Gate, SecretScanError>
  /** For many short texts, such as an output's lines. */
  readonly finder: Effect.Effect<Finder>
}>() {
  static readonly layer: Layer.Layer<SecretScanner, never, AppConfig | FileSystem.FileSystem> = Layer.effect(
    SecretScanner,
    Effect.gen(function*() {
      const config = yield* AppConfig
      const fs = yield* FileSystem.FileSystem
      const ownSecrets = Effect.provideService(OwnSecrets.all(config), FileSystem.FileSystem, fs)

      const scannerWith = (secrets: ReadonlyArray<Redacted.Redacted>) => {
        const own = OwnSecrets.find(secrets)
        return Effect.map(
          SecretlintRules.make,
          (secretlint) => (text: string): Effect.Effect<ReadonlyArray<Match>, SecretScanError> =>
            Effect.map(secretlint(text), (found) => [
              ...own(text),
              ...PrivateKeys.find(text),
              ...TokenPatterns.find(text),
              ...found
            ])
        )
      }
      const scanner = Effect.flatMap(ownSecrets, scannerWith)

      const scan = Effect.fn("SecretScanner.scan")(
        function*(patch: string, changed: ReadonlyArray<ChangedFile> = []) {
          const find = yield* scanner
          const sections = Patch.sections(patch)
          const secrets: Array<Gate.SecretFound> = []
          const unscanned: Array<string> = []
          let sinceTurn = 0

          const scanOne = Effect.fnUntraced(function*(file: string, scanned: ScannedText.ScannedText) {
            for (const { lineOf, text } of ScannedText.pieces(scanned)) {
              sinceTurn += text.length + 1000
              if (sinceTurn > 100_000) {
                yield* nextTurn
                sinceTurn = 0
              }
              for (const match of yield* find(text)) {
                const line = lineOf(match)
                if (line !== undefined) secrets.push({ rule: match.rule, file, line })
              }
            }
          })

          const scanSection = Effect.fnUntraced(function*(section: Patch.PatchSection) {
            const inPath = yield* find(section.path)
            const file = masked(section.path, inPath)
            if (isNewPath(section)) {
              for (const { rule } of inPath) secrets.push({ rule, file, line: 1 })
            }
            if (section.isBinary) {
              const content = yield* GitBinary.text(section)
              if (Option.isNone(content)) unscanned.push(`${file}: binary`)
              else yield* scanOne(file, ScannedText.whole(content.value))
              return
            }
            if (!section.isWhole || section.text.length > maxFile) {
              unscanned.push(`${file}: only in part, it is too long`)
            }
            const scanned = section.text.length > maxFile ? Patch.sections(section.text.slice(0, maxFile)) : [section]
            for (const text of scanned.flatMap(ScannedText.ofSection)) yield* scanOne(file, text)
          })

          for (const section of sections) yield* scanSection(section)
          const absent = missing(sections, changed)
          for (const path of absent) unscanned.push(`${masked(path, yield* find(path))}: the diff is too long`)
          if (absent.length === 0 && cutNote.test(patch)) unscanned.push("the end of the diff: it is too long")
          return Gate.make(secrets, unscanned)
        }
      )

      const scanText = Effect.fn("SecretScanner.scanText")(function*(name: string, text: string) {
        const find = yield* scanner
        const whole = ScannedText.lines(text)
        const found = yield* Effect.forEach(
          ScannedText.pieces(whole),
          (piece) =>
            Effect.map(
              find(piece.text),
              (matches) => matches.map((match) => ({ rule: match.rule, file: name, line: piece.lineOf(match) ?? 1 }))
            )
        )
        return Gate.make(found.flat(), [])
      })

      const finder = Effect.map(ownSecrets, (secrets): Finder => {
        const own = OwnSecrets.values(secrets)
        // the rules are loaded when they are first asked
        const scanner = scannerWith(secrets)
        return {
          mayHold: SecretHints.make(own),
          find: (text) =>
            Effect.flatMap(scanner, (find) => find(text)).pipe(
              Effect.catchAll((error) =>
                Effect.as(Effect.logWarning(error.message), [{ rule: "not-scanned", start: 0, end: text.length }])
              )
            ),
          own
        }
      })

      return SecretScanner.of({ scan, scanText, finder })
    })
  )
}
