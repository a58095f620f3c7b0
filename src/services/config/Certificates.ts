/** Certificates from a file that the operator names. They go into every sandbox, so nothing else of the file does, and no key. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { X509Certificate } from "node:crypto"
import * as ConfigSource from "./ConfigSource.ts"
import type { Variable } from "./ConfigVariable.ts"

const blocks = /-----BEGIN ([^\r\n]+)-----[^]*?-----END \1-----/g

const certificate = Option.liftThrowable((pem: string) => new X509Certificate(pem))

/** The certificates of a text in PEM form; none if it has none, or anything else. */
export const parse = (text: string): Option.Option<string> => {
  const found = Array.from(text.matchAll(blocks), ([pem]) => pem)
  return found.length > 0 && found.every((pem) => Option.isSome(certificate(pem)))
    ? Option.some(found.map((pem) => `${pem}\n`).join(""))
    : Option.none()
}

/** The certificates of the file that a variable names; none if it is unset. */
export const read = (texts: ConfigSource.Texts, variable: Variable<string>) =>
  Effect.flatMap(
    ConfigSource.optional(texts, variable),
    Effect.transposeMapOption(Effect.fnUntraced(function*(named) {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      return yield* fs.readFileString(path.resolve(named)).pipe(
        Effect.flatMap(parse),
        Effect.mapError(() =>
          new ConfigSource.ConfigInvalid({ variable: variable.name, value: named, accepted: variable.accepted })
        )
      )
    }))
  )
