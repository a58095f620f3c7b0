/**
 * Programs in the sandbox send HTTP to 127.0.0.1, but the gateway listens on a unix socket. This copies the bytes
 * between the two, both ways, half-close included. While the server restarts, a connection waits, and the client's
 * bytes stay in the kernel's buffer.
 */
import { renameSync, writeFileSync } from "node:fs"
import { connect, createServer, type Server, type Socket } from "node:net"

const patienceMillis = 120_000
const firstDelayMillis = 50
const longestDelayMillis = 2_000

const carry = (client: Socket, gateway: Socket) => {
  client.pipe(gateway)
  gateway.pipe(client)
  gateway.on("close", (failed) => failed && client.destroy())
  client.on("close", (failed) => failed && gateway.destroy())
}

const bridge = (client: Socket, socketPath: string) => {
  const giveUpAt = Date.now() + patienceMillis
  const attempt = (delay: number) => {
    const gateway = connect({ path: socketPath, allowHalfOpen: true })
    const onRefused = () => {
      if (Date.now() + delay > giveUpAt) client.destroy()
      else setTimeout(() => attempt(Math.min(delay * 2, longestDelayMillis)), delay)
    }
    gateway.once("error", onRefused)
    gateway.once("connect", () => {
      gateway.off("error", onRefused)
      // Handled in the "close" event that follows an error.
      gateway.on("error", () => {})
      carry(client, gateway)
    })
  }
  client.on("error", () => {})
  attempt(firstDelayMillis)
}

/** Listens for as long as this process lives, or until it is closed. The port is in the file once it can be used. */
export const open = (socketPath: string, portFile: string): Server => {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => bridge(client, socketPath))
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    if (address === null || typeof address === "string") return
    writeFileSync(`${portFile}.new`, `${address.port}\n`)
    renameSync(`${portFile}.new`, portFile)
  })
  return server
}
