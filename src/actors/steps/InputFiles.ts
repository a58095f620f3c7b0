/** Files that every run which installs dependencies is given. */
import * as Option from "effect/Option"
import type { InputFile } from "../../services/sandbox/Sandbox.ts"

export const textFile = (path: string, text: string): InputFile => ({ path, content: { _tag: "Text", text } })

export const bundleFile = (bundle: Option.Option<string>): ReadonlyArray<InputFile> =>
  Option.toArray(bundle).map((path) => ({ path: "in/repository.bundle", content: { _tag: "File", path } }))

/** What an install needs beside the repository: the certificates to be trusted, and the repository's own shell lines. */
export const installFiles = (
  certificates: Option.Option<string>,
  setup: ReadonlyArray<string> | undefined
): ReadonlyArray<InputFile> => [
  ...Option.toArray(certificates).map((pem) => textFile("in/certificates.pem", pem)),
  ...(setup === undefined ? [] : [textFile("in/setup.sh", ["set -e", ...setup].map((line) => `${line}\n`).join(""))])
]
