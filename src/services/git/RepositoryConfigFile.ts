/** Reads the text of `.opentl/config.yml`. Whatever is wrong with it is one sentence that names the line and the key. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Invisible from "../../domain/Invisible.ts"
import * as RepositoryConfig from "../../domain/RepositoryConfig.ts"
import { didYouMean, nearest } from "../support/Suggest.ts"
import * as Yaml from "../support/Yaml.ts"

/** The file is wrong, so that none of it is used. */
export class RepositoryConfigInvalid extends Schema.TaggedError<RepositoryConfigInvalid>()("RepositoryConfigInvalid", {
  file: Schema.String,
  line: Schema.optionalWith(Schema.Int, { exact: true }),
  /** What is wrong, the key's name included. */
  reason: Schema.String
}) {
  override get message() {
    return `${this.file} is not used${this.line === undefined ? "" : `, because of line ${this.line}`}: ${this.reason}`
  }
}

export interface RepositoryConfigFile {
  readonly config: RepositoryConfig.RepositoryConfig
  /** What was ignored in it, as a sentence; absent if nothing was. */
  readonly ignored?: string
}

/** In bytes. The parser of a longer one could take seconds. */
export const longestFile = 64 * 1024

/** How many unknown keys are named. */
const mostNamed = 5

const show = (path: RepositoryConfig.KeyPath): string => Invisible.reveal(RepositoryConfig.showPath(path), 100)

const unknownKey = ({ known, path }: RepositoryConfig.UnknownKey, { lineOf }: Yaml.YamlFile): string =>
  `${show(path)} (line ${lineOf(path)})${didYouMean(nearest(String(path.at(-1)).slice(0, 50), known))}`

const ignored = (file: string, unknown: ReadonlyArray<RepositoryConfig.UnknownKey>, yaml: Yaml.YamlFile): string => {
  const names = unknown.slice(0, mostNamed).map((key) => unknownKey(key, yaml))
  const more = unknown.length > mostNamed ? [`and ${unknown.length - mostNamed} more`] : []
  return `${file} has keys that mean nothing and are ignored: ${[...names, ...more].join("; ")}`
}

const parse = Effect.fnUntraced(function*(file: string, text: string) {
  const invalid = (reason: string, line?: number) =>
    new RepositoryConfigInvalid({ file, reason, ...(line === undefined ? {} : { line }) })
  if (Buffer.byteLength(text) > longestFile) return yield* invalid(`it has more than ${longestFile / 1024} KiB`)
  const unreadable = text.indexOf("\ufffd")
  if (unreadable >= 0) return yield* invalid("it is not UTF-8", text.slice(0, unreadable).split("\n").length)
  return yield* Effect.mapError(Yaml.parse(text), ({ line, reason }) => invalid(reason, line))
})

export const read = Effect.fn("RepositoryConfigFile.read")(
  function*(file: string, text: string): Effect.fn.Return<RepositoryConfigFile, RepositoryConfigInvalid> {
    const yaml = yield* parse(file, text)
    const decoded = yield* Either.mapLeft(
      RepositoryConfig.decode(yaml.value),
      ({ path, reason }) =>
        new RepositoryConfigInvalid({
          file,
          line: yaml.lineOf(path),
          reason: path.length === 0 ? `it ${reason}` : `${show(path)} ${reason}`
        })
    )
    const { config, unknown } = decoded
    return unknown.length === 0 ? { config } : { config, ignored: ignored(file, unknown, yaml) }
  }
)
