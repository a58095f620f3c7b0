/**
 * The sources of the configuration's texts: the environment, then `<data dir>/config.env`. An empty text counts as
 * unset. The environment is the ambient `ConfigProvider`, which a host program or a test can replace.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Os from "node:os"
import * as Util from "node:util"
import type { Variable, WithDefault } from "./ConfigVariable.ts"
import { variables } from "./ConfigVariables.ts"

/** A variable has an invalid value. */
export class ConfigInvalid extends Schema.TaggedError<ConfigInvalid>()("ConfigInvalid", {
  variable: Schema.String,
  /** Absent for a secret. */
  value: Schema.optional(Schema.String),
  accepted: Schema.String
}) {
  override get message() {
    const value = this.value === undefined ? "has a value that is not accepted (it is a secret)" : `is "${this.value}"`
    return `${this.variable} ${value}: give ${this.accepted}`
  }
}

/** `config.env` exists but cannot be used. */
export class ConfigFileInvalid extends Schema.TaggedError<ConfigFileInvalid>()("ConfigFileInvalid", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.path} cannot be used: ${this.reason}`
  }
}

export type Source = "environment" | "file" | "default"

export interface Texts {
  /** Absolute. */
  readonly dataDir: string
  /** The variable's text and its source, or the default's if it has one. */
  readonly find: (variable: Variable<unknown>) => Effect.Effect<Option.Option<readonly [text: string, source: Source]>>
}

const names = new Set(Object.values(variables).map((variable) => variable.name))
const secretNames = new Set(Object.values(variables).filter(({ secret }) => secret).map(({ name }) => name))

const textOf = (provider: ConfigProvider.ConfigProvider, name: string): Effect.Effect<Option.Option<string>> =>
  provider.load(Config.string(name)).pipe(
    Effect.option,
    Effect.map(Option.filterMap((text) => text.trim() === "" ? Option.none() : Option.some(text.trim())))
  )

/** Parses a text, or fails with what is accepted instead. */
export const read = <A>(variable: Variable<A>, text: string): Effect.Effect<A, ConfigInvalid> =>
  Effect.mapError(variable.read(text), () =>
    new ConfigInvalid({
      variable: variable.name,
      ...(variable.secret ? {} : { value: presentable(text) }),
      accepted: variable.accepted
    }))

/** One short line without passwords: an address may be rejected because it contains one. */
const presentable = (text: string): string => text.replace(/\/\/[^/@\s]*@/g, "//…@").replace(/\s+/g, " ").slice(0, 200)

const expandHome = (path: string): string => path === "~" || path.startsWith("~/") ? Os.homedir() + path.slice(1) : path

/** The permission that makes a file readable by everybody: such a file should not contain secrets. */
const readableByOthers = 0o004

const parseFile = (path: string, content: string): Effect.Effect<ReadonlyMap<string, string>, ConfigFileInvalid> => {
  const entries = Object.entries(Util.parseEnv(content)).map(([name, text = ""]) => [name, text] as const)
  // a line without "=" is joined with the next one
  const strange = entries.find(([name]) => !/^\w+$/.test(name))
  return strange === undefined
    ? Effect.succeed(new Map(entries))
    : new ConfigFileInvalid({
      path,
      reason: `"${strange[0].slice(0, 40).replace(/\s[^]*/, "")}" is not a line of the form NAME=value`
    })
}

const loadFile = (
  path: string
): Effect.Effect<ReadonlyMap<string, string>, ConfigFileInvalid | PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const texts = yield* Effect.flatMap(fs.readFileString(path), (content) => parseFile(path, content))
    const unknown = Array.from(texts.keys()).filter((name) => !names.has(name))
    if (unknown.length > 0) yield* Effect.logWarning(`${path} sets unknown variables: ${unknown.join(", ")}`)
    const { mode } = yield* fs.stat(path)
    if ((mode & readableByOthers) !== 0 && Array.from(texts.keys()).some((name) => secretNames.has(name))) {
      yield* Effect.logWarning(`${path} contains secrets but everybody can read it: run chmod 600 ${path}`)
    }
    return texts
  })

const isMissing = (error: PlatformError | ConfigFileInvalid) =>
  error._tag === "SystemError" && error.reason === "NotFound"

/** Loads the texts: the data directory from the environment, then its `config.env`. */
export const texts: Effect.Effect<Texts, ConfigInvalid | ConfigFileInvalid, FileSystem.FileSystem | Path.Path> = Effect
  .gen(function*() {
    const paths = yield* Path.Path
    const environment = yield* Effect.configProviderWith(Effect.succeed)
    const dataDirText = yield* textOf(environment, variables.dataDir.name)
    const dataDir = paths.resolve(expandHome(
      yield* read(variables.dataDir, Option.getOrElse(dataDirText, () => variables.dataDir.default))
    ))
    const path = paths.join(dataDir, "config.env")
    const file = yield* loadFile(path).pipe(
      Effect.catchIf(isMissing, () => Effect.succeed(new Map<string, string>())),
      Effect.catchTags({
        BadArgument: (error) => new ConfigFileInvalid({ path, reason: error.message }),
        SystemError: (error) => new ConfigFileInvalid({ path, reason: error.message })
      })
    )
    const fileProvider = ConfigProvider.fromMap(new Map(file))
    const find = (variable: Variable<unknown>) =>
      Effect.gen(function*() {
        const fromEnvironment = yield* textOf(environment, variable.name)
        if (Option.isSome(fromEnvironment)) return Option.some([fromEnvironment.value, "environment"] as const)
        const fromFile = variable === variables.dataDir ? Option.none() : yield* textOf(fileProvider, variable.name)
        if (Option.isSome(fromFile)) return Option.some([fromFile.value, "file"] as const)
        return Option.map(Option.fromNullable(variable.default), (text) => [text, "default"] as const)
      })
    return { dataDir, find }
  })

/** The variable's value; none if it is unset and has no default. */
export const optional = <A>({ find }: Texts, variable: Variable<A>): Effect.Effect<Option.Option<A>, ConfigInvalid> =>
  Effect.flatMap(find(variable), Effect.transposeMapOption(([text]) => read(variable, text)))

/** The value of a variable that has a default. */
export const required = <A>(texts: Texts, variable: WithDefault<A>): Effect.Effect<A, ConfigInvalid> =>
  Effect.flatMap(
    texts.find(variable),
    (found) => read(variable, Option.match(found, { onNone: () => variable.default, onSome: ([text]) => text }))
  )
