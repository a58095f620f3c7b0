/** The secrets of this server itself: wherever one of them occurs, it has leaked. */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { localToken } from "../config/ApiTokens.ts"
import type { AppConfigShape } from "../config/AppConfig.ts"
import type { Match } from "./Match.ts"

export const rule = "opentl-own-secret"

/** A shorter one would occur by chance. */
const leastLength = 8

/** Every secret of the configuration. */
export const configured = (config: AppConfigShape): ReadonlyArray<Redacted.Redacted> => [
  ...[
    config.github.token,
    config.github.webhookSecret,
    config.anthropic.apiKey,
    config.openai.apiKey,
    config.google.apiKey,
    config.slack.botToken,
    config.slack.appToken,
    config.telegram.botToken
  ].flatMap(Option.toArray),
  ...Option.getOrElse(config.apiTokens, () => []).map(({ token }) => token)
]

/** Those of the configuration, and the token that the server made for this machine's users. */
export const all = (
  config: AppConfigShape
): Effect.Effect<ReadonlyArray<Redacted.Redacted>, never, FileSystem.FileSystem> =>
  Effect.map(localToken(config.dataDir), (token) => [...configured(config), ...Option.toArray(token)])

/** Those that are long enough to be looked for. */
export const values = (secrets: ReadonlyArray<Redacted.Redacted>): ReadonlyArray<string> => [
  ...new Set(secrets.map(Redacted.value).filter((value) => value.length >= leastLength))
]

/** Where a text contains one of them. */
export const find = (secrets: ReadonlyArray<Redacted.Redacted>) => {
  const known = values(secrets)
  return (text: string): ReadonlyArray<Match> =>
    known.flatMap((value) => {
      const found: Array<Match> = []
      for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + value.length)) {
        found.push({ rule, start: at, end: at + value.length })
      }
      return found
    })
}
