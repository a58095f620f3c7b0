/** The commands as data, which the build writes beside the program. On bare node: the binary reads it before anything else. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Commands } from "./cli/BareHelp.ts"

export const readCommands = (directory: string): Commands =>
  JSON.parse(readFileSync(join(directory, "commands.json"), "utf8"))
