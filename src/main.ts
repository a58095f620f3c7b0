/** The binary. What it does is in `cli`; it leaves its exit code in the process, and here the process ends with it. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { program } from "./cli/Cli.ts"
import { parts } from "./parts.ts"

NodeRuntime.runMain(program(process, parts), {
  disableErrorReporting: true,
  disablePrettyLogger: true,
  teardown: () => process.exit()
})
