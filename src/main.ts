/**
 * The binary. Help and the version are printed at once; for all else it loads the program. It must not import anything
 * that loads Effect.
 */
import { homedir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { bareHelp } from "./cli/BareHelp.ts"
import { cacheBelow, makeLoader } from "./CodeCache.ts"
import { readCommands } from "./commands.ts"

const directory = fileURLToPath(new URL(".", import.meta.url))
const help = bareHelp(readCommands(directory), {
  args: process.argv.slice(2),
  environment: process.env,
  stdout: process.stdout
})

if (help === undefined) {
  const dataDir = process.env["OPENTL_DATA_DIR"] || join(homedir(), ".opentl")
  const { keep, load } = makeLoader(directory, cacheBelow(dataDir))
  process.on("exit", keep)
  load("start.cjs")
} else {
  // a reader that has closed the pipe is no failure
  process.stdout.on("error", () => undefined)
  process.stdout.write(help)
}
