/**
 * Who may use the API: the tokens of the configuration, or the one in `<data dir>/token`, created at the first start.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"
import { AppConfig } from "./AppConfig.ts"
import type { NamedToken } from "./ConfigValues.ts"
import { DataDirectory, DataDirectoryUnusable, writeWhole } from "./DataDirectory.ts"

/** The file with the token for this machine's users. */
export const tokenFile = (dataDir: string): string => `${dataDir}/token`

/** The token that the server on this machine created; none if there is none, or the file belongs to another user. */
export const localToken = (
  dataDir: string
): Effect.Effect<Option.Option<Redacted.Redacted>, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    fs.readFileString(tokenFile(dataDir)).pipe(
      Effect.option,
      Effect.map(
        Option.filterMap((text) => text.trim() === "" ? Option.none() : Option.some(Redacted.make(text.trim())))
      )
    ))

/** Not from `Random`: a token must be unguessable. */
const newToken = Effect.sync(() => Crypto.randomBytes(32).toString("base64url"))

const ownerOnly = 0o077

/** Reads the token file, or creates it. */
const makeLocalToken = (
  dataDir: string
): Effect.Effect<Redacted.Redacted, DataDirectoryUnusable, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = tokenFile(dataDir)
    const known = yield* localToken(dataDir)
    if (Option.isSome(known)) {
      const { mode } = yield* fs.stat(path)
      if ((mode & ownerOnly) !== 0) yield* fs.chmod(path, 0o600)
      return known.value
    }
    const token = yield* newToken
    yield* writeWhole(path, `${token}\n`)
    return Redacted.make(token)
  }).pipe(Effect.mapError((error) => new DataDirectoryUnusable({ path: dataDir, reason: error.message })))

const digest = (text: string): Buffer => Crypto.createHash("sha256").update(text).digest()

/**
 * Finds the token's name. Compares the digests of all tokens in constant time, so that timing reveals nothing about a
 * partially correct token.
 */
const authenticator = (tokens: ReadonlyArray<NamedToken>) => {
  const known = tokens.map(({ name, token }) => ({ name, digest: digest(Redacted.value(token)) }))
  return (bearer: string): Option.Option<string> => {
    const given = digest(bearer)
    return known.reduce(
      (found, { digest, name }) => Crypto.timingSafeEqual(digest, given) ? Option.some(name) : found,
      Option.none<string>()
    )
  }
}

export class ApiTokens extends Context.Tag("opentl/services/config/ApiTokens")<ApiTokens, {
  /** The name of the token's owner; none if the token is unknown. */
  readonly authenticate: (bearer: string) => Option.Option<string>
}>() {
  static readonly layer: Layer.Layer<
    ApiTokens,
    DataDirectoryUnusable,
    AppConfig | DataDirectory | FileSystem.FileSystem
  > = Layer.effect(
    ApiTokens,
    Effect.gen(function*() {
      const config = yield* AppConfig
      const { path } = yield* DataDirectory
      const tokens = yield* Option.match(config.apiTokens, {
        onSome: Effect.succeed,
        onNone: () => Effect.map(makeLocalToken(path), (token): ReadonlyArray<NamedToken> => [{ name: "local", token }])
      })
      return ApiTokens.of({ authenticate: authenticator(tokens) })
    })
  )

  /** For a host program that knows its tokens. */
  static readonly layerOf = (tokens: ReadonlyArray<NamedToken>): Layer.Layer<ApiTokens> =>
    Layer.succeed(ApiTokens, ApiTokens.of({ authenticate: authenticator(tokens) }))
}
