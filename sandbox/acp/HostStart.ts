/**
 * `--wait [SOCKET PORT_FILE]`: a host is started before its repository is there, so that its modules are loaded by then. It is
 * told through its stdin where and with what environment it works. Where it is given the gateway's socket, it carries the
 * bridge to it from the beginning, so that the round needs no process for that.
 */
import * as Effect from "effect/Effect"
import * as GatewayBridge from "../GatewayBridge.ts"
import * as StartRequest from "../StartRequest.ts"

const [mode, socketPath, portFile] = process.argv.slice(2)

/** Returns when the host may begin. If its stdin ends before that, whoever started it is gone, and it ends as well. */
export const awaited = Effect.async<void>((resume) => {
  if (socketPath !== undefined && portFile !== undefined) GatewayBridge.open(socketPath, portFile)
  process.stdin.once("end", () => resume(Effect.interrupt))
  StartRequest.fromStdin(process.stdin, ({ directory, environment }) => {
    process.chdir(directory)
    // what Config and the agent's commands find there from now on
    process.env = { ...environment }
    resume(Effect.void)
  })
}).pipe(Effect.when(() => mode === "--wait"))
