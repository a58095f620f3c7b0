/**
 * `--wait [--tell] [--rehearse] [SOCKET PORT_FILE]`: a host is started before its repository is there, so that its modules are loaded by
 * then. It is told through its stdin where and with what environment it works. Where it is given the gateway's socket, it carries
 * the bridge to it from the beginning, so that the round needs no process for that. With `--tell` it tells its exit code on
 * descriptor 4 (see HostEnd.ts). With `--rehearse` the round is a while away, and the host may use that to do once what a round does.
 */
import * as Effect from "effect/Effect"
import * as GatewayBridge from "../GatewayBridge.ts"
import * as StartRequest from "../StartRequest.ts"

const [mode, ...words] = process.argv.slice(2)
const rehearses = words.includes("--rehearse")
const [socketPath, portFile] = words.filter((word) => !word.startsWith("--"))

/** Where the exit code is told; undefined if nobody asks for it. */
export const codeDescriptor = mode === "--wait" && words.includes("--tell") ? 4 : undefined

/** A host that has just been started is left alone: the one that it is started after may be at work on its round. */
const delay = "500 millis"

/** Does something else while the host waits, if it waits for long. That is given up when the round begins. */
export const meanwhile = <R>(effect: Effect.Effect<void, never, R>) => <A, E>(awaited: Effect.Effect<A, E>) =>
  rehearses
    ? Effect.raceFirst(awaited, Effect.disconnect(Effect.zipRight(Effect.delay(effect, delay), Effect.never)))
    : awaited

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
