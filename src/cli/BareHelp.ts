/**
 * Help and the version, on bare node: `opentl --help` loads neither Effect nor the parser (350 of its 440 ms). The
 * commands are read as data that the build wrote from the parser's definitions; what they ask for and how a page looks
 * is decided by the same code as in the program. Pure.
 */
import { interpret } from "./CommandRequest.ts"
import type { CommandSpec } from "./CommandSpec.ts"
import { commandPage, programPage } from "./Help.ts"
import * as Style from "./terminal/Style.ts"

/** What is read of the process. */
export interface Surroundings {
  /** Without node and the program. */
  readonly args: ReadonlyArray<string>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly stdout: { readonly isTTY?: boolean; readonly columns?: number }
}

export interface Commands {
  readonly version: string
  readonly spec: CommandSpec
}

/** The width if neither the terminal nor COLUMNS says one. */
const usualColumns = 80

/** The text to print, or `undefined` if the command line asks for more than help: then the program is needed. */
export const bareHelp = (
  { spec, version }: Commands,
  { args, environment, stdout }: Surroundings
): string | undefined => {
  const request = interpret(spec, args)
  if (request._tag === "Version") return `${version}\n`
  if (request._tag !== "Help") return undefined
  const asked = environment["COLUMNS"] ?? ""
  // how other spellings of a number are read is the program's business
  if (asked !== "" && !/^[1-9]\d{0,2}$/.test(asked)) return undefined
  const columns = Number(asked) >= 20 ? Number(asked) : undefined
  const isColoured = stdout.isTTY === true && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb"
  const options = {
    columns: columns ?? (stdout.isTTY === true ? stdout.columns || Number(asked) || usualColumns : usualColumns),
    style: isColoured ? Style.coloured : Style.plain
  }
  return request.command === spec ? programPage(spec, version, options) : commandPage(request.command, options)
}
