/** The repository's own way to install its dependencies, as the entrypoint of a sandbox reads it. */
import type { InputFile } from "../../services/sandbox/Sandbox.ts"

/** None where the entrypoint is to find out itself what to install. */
export const setupFile = (setup: ReadonlyArray<string> | undefined): ReadonlyArray<InputFile> =>
  setup === undefined
    ? []
    : [{
      path: "in/setup.sh",
      content: { _tag: "Text", text: ["set -e", ...setup].map((line) => `${line}\n`).join("") }
    }]
