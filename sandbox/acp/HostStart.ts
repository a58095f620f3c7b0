/**
 * With `--wait` a host is started before its repository is there, so that its modules are loaded by then. It is told through
 * its stdin where and with what environment it works.
 */
import * as Effect from "effect/Effect"
import * as StartRequest from "../StartRequest.ts"

/** Returns when the host may begin. If its stdin ends before that, whoever started it is gone, and it ends as well. */
export const awaited = Effect.async<void>((resume) => {
  process.stdin.once("end", () => resume(Effect.interrupt))
  StartRequest.fromStdin(process.stdin, ({ directory, environment }) => {
    process.chdir(directory)
    // what Config and the agent's commands find there from now on
    process.env = { ...environment }
    resume(Effect.void)
  })
}).pipe(Effect.when(() => process.argv[2] === "--wait"))
