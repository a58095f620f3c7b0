/** The commands as data. The build writes it beside the program, for `BareHelp`. */
import packageJson from "../../package.json" with { type: "json" }
import type { Commands } from "./BareHelp.ts"
import { spec } from "./Cli.ts"

const commands: Commands = { version: packageJson.version, spec }

export const commandsJson = JSON.stringify(commands)
