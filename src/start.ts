/** Runs the program; the binary loads it when it is needed. Its logic is in `cli`, which sets the process's exit code. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { fileURLToPath } from "node:url"
import { program } from "./cli/Cli.ts"
import { readCommands } from "./commands.ts"
import { parts } from "./parts.ts"

NodeRuntime.runMain(program(process, parts, readCommands(fileURLToPath(new URL(".", import.meta.url)))), {
  disableErrorReporting: true,
  disablePrettyLogger: true,
  teardown: () => process.exit()
})
