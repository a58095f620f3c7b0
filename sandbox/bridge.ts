/**
 * `bridge.mjs SOCKET PORT_FILE`
 *
 * The bridge to the gateway as a program of its own, where no agent's host carries it.
 */
import * as GatewayBridge from "./GatewayBridge.ts"

const [socketPath, portFile] = process.argv.slice(2)
if (socketPath === undefined || portFile === undefined) {
  process.stderr.write("usage: bridge.mjs SOCKET PORT_FILE\n")
  process.exitCode = 64
} else {
  GatewayBridge.open(socketPath, portFile)
}
