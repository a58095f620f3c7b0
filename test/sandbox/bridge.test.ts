import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import { connect, createServer, type Socket } from "node:net"
import { start } from "./Processes.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"

/** A gateway at a unix socket, for the scope. */
const listen = (path: string, onConnection: (socket: Socket) => void) =>
  Effect.acquireRelease(
    Effect.async<() => void>((resume) => {
      const sockets = new Set<Socket>()
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        sockets.add(socket)
        onConnection(socket)
      })
      server.listen(path, () =>
        resume(Effect.succeed(() => {
          sockets.forEach((socket) => socket.destroy())
          server.close()
        })))
    }),
    (close) => Effect.sync(close)
  )

/** Answers at the end of the request, which takes half-close both ways. */
const countBytes = (socket: Socket) => {
  let count = 0
  socket.on("data", (chunk) => {
    count += chunk.length
  })
  socket.on("end", () => socket.end(`${count} bytes`))
}

/** Sends bytes, closes that direction, and reads the other one to its end. */
const exchange = (port: number, bytes: Uint8Array) =>
  Effect.async<string>((resume) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
    const received: Array<Uint8Array> = []
    socket.on("data", (chunk) => received.push(chunk))
    socket.on("end", () => resume(Effect.succeed(Buffer.concat(received).toString("utf8"))))
    socket.on("error", (error) => resume(Effect.die(error)))
    socket.end(bytes)
    return Effect.sync(() => socket.destroy())
  })

/** Starts the bridge, and gives its port and the path of the socket it leads to. */
const startBridge = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const { directory: runtime } = yield* SandboxRuntime
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "bridge-" })
  const socketPath = `${directory}/gateway.sock`
  const portFile = `${directory}/port`
  yield* start("node", [`${runtime}/bridge.mjs`, socketPath, portFile])
  const port = yield* fs.readFileString(portFile).pipe(Effect.retry(Schedule.spaced("20 millis")))
  return { port: Number(port), socketPath }
})

layer(SandboxRuntime.layer, { excludeTestServices: true })("bridge.mjs", (it) => {
  it.scoped("carries the bytes both ways, with half-close", () =>
    Effect.gen(function*() {
      const { port, socketPath } = yield* startBridge
      yield* listen(socketPath, countBytes)
      const answers = yield* Effect.all(
        [exchange(port, new Uint8Array(3_000_000)), exchange(port, new Uint8Array(7))],
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(answers, ["3000000 bytes", "7 bytes"])
    }))

  it.scoped("waits for a gateway that is not there yet, holding what was sent", () =>
    Effect.gen(function*() {
      const { port, socketPath } = yield* startBridge
      const waiting = yield* Effect.fork(exchange(port, new Uint8Array(100_000)))
      // Time for several refused attempts. The outcome does not hang on it: less time only makes the test weaker.
      yield* Effect.delay(listen(socketPath, countBytes), "400 millis")
      assert.strictEqual(yield* Fiber.join(waiting), "100000 bytes")
    }))

  it.scoped("outlives a restart of the gateway", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { port, socketPath } = yield* startBridge
      yield* Effect.scoped(Effect.zipRight(
        listen(socketPath, (socket) => socket.once("data", () => socket.destroy())),
        Effect.tap(exchange(port, new Uint8Array(5)), (text) => Effect.sync(() => assert.strictEqual(text, "")))
      ))
      yield* fs.remove(socketPath, { force: true })
      const answer = yield* Effect.fork(exchange(port, new Uint8Array(9)))
      yield* listen(socketPath, countBytes)
      assert.strictEqual(yield* Fiber.join(answer), "9 bytes")
    }))
})
