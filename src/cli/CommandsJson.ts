/** The commands as data. The build writes it beside the program, for `BareHelp` and for the program itself. */
import { commands } from "./AllCommands.ts"

export const commandsJson = JSON.stringify(commands)
