import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as TestServices from "effect/TestServices"
import { ask, rest, setUp } from "./EgressKit.ts"
import { itScoped, sessionId } from "./GatewayKit.ts"

/** Waits for a fact of the world outside, by a clock that is not the test's. */
const until = (fact: () => boolean) =>
  Effect.repeat(Effect.as(TestServices.provideLive(Effect.sleep("5 millis")), undefined), { until: fact })

describe("EgressProxy", () => {
  itScoped("carries an allowed connection both ways, to its last byte", () =>
    Effect.gen(function*() {
      const { connected, directory, log } = yield* setUp()
      const answer = yield* ask(directory, "registry.npmjs.org:443")
      assert.strictEqual(answer.status, 200)
      const sent = "x".repeat(3 * 1024 * 1024)
      answer.socket.end(sent)
      assert.strictEqual(yield* rest(answer), `${sent}goodbye`)
      assert.deepStrictEqual(connected, ["1.1.1.1 443"])
      assert.lengthOf(log, 1)
      assert.match(log.join(""), /message="egress allowed"/)
      assert.include(log.join(""), "destination=registry.npmjs.org:443")
      assert.isTrue(log.every((line) => line.includes(`sessionId=${sessionId}`)))
    }))

  itScoped("reaches the session's own domains, by name and on the public internet only", () =>
    Effect.gen(function*() {
      const { connected, directory } = yield* setUp({
        names: { "packages.example.com": [["1.1.1.1"]], "inside.example.com": [["10.0.0.1"]] },
        egress: ["packages.example.com", "inside.example.com"]
      })
      assert.strictEqual((yield* ask(directory, "packages.example.com:443")).status, 200)
      assert.strictEqual((yield* ask(directory, "inside.example.com:443")).status, 502)
      assert.strictEqual((yield* ask(directory, "example.com:443")).status, 403)
      assert.deepStrictEqual(connected, ["1.1.1.1 443"])
    }))

  itScoped("refuses with a sentence, and says so in the log", () =>
    Effect.gen(function*() {
      const { connected, directory, log } = yield* setUp()
      const answer = yield* ask(directory, "example.com:443")
      assert.strictEqual(answer.status, 403)
      assert.match(yield* rest(answer), /^example.com is not among the allowed domains .*\n$/)
      assert.deepStrictEqual(connected, [])
      const [line = ""] = log
      assert.match(line, /message="egress refused"/)
      assert.include(line, "destination=example.com:443")
      assert.include(line, "reason=\"example.com is not among the allowed domains")
    }))

  for (
    const [kind, address] of [
      ["loopback", "127.0.0.1"],
      ["the host's network", "192.168.1.10"],
      ["cloud metadata", "169.254.169.254"],
      ["IPv6 loopback", "::1"],
      ["a mapped address", "::ffff:10.0.0.1"]
    ] as const
  ) {
    itScoped(`a name that leads to ${kind} is not followed`, () =>
      Effect.gen(function*() {
        const { connected, directory } = yield* setUp({ names: { "registry.npmjs.org": [[address]] } })
        const answer = yield* ask(directory, "registry.npmjs.org:443")
        assert.strictEqual(answer.status, 502)
        assert.include(yield* rest(answer), "no address on the public internet")
        assert.deepStrictEqual(connected, [])
      }))
  }

  itScoped("a name is resolved once, and what was checked is what is connected to", () =>
    Effect.gen(function*() {
      const { connected, directory } = yield* setUp({ names: { "registry.npmjs.org": [["1.1.1.1"], ["127.0.0.1"]] } })
      assert.strictEqual((yield* ask(directory, "registry.npmjs.org:443")).status, 200)
      assert.deepStrictEqual(connected, ["1.1.1.1 443"])
      assert.strictEqual((yield* ask(directory, "registry.npmjs.org:443")).status, 502)
    }))

  itScoped("of several addresses the next is tried, and private ones are left out", () =>
    Effect.gen(function*() {
      const names = { "registry.npmjs.org": [["10.0.0.1", "1.0.0.1", "1.1.1.1"]] }
      const { connected, directory } = yield* setUp({ names })
      assert.strictEqual((yield* ask(directory, "registry.npmjs.org:443")).status, 200)
      assert.deepStrictEqual(connected, ["1.0.0.1 443", "1.1.1.1 443"])
    }))

  itScoped("open is open, but not for private addresses", () =>
    Effect.gen(function*() {
      const { connected, directory } = yield* setUp({ config: { egress: "open" } })
      assert.strictEqual((yield* ask(directory, "1.1.1.1:8080")).status, 200)
      assert.strictEqual((yield* ask(directory, "127.0.0.1:8080")).status, 502)
      assert.strictEqual((yield* ask(directory, "[::1]:8080")).status, 502)
      assert.deepStrictEqual(connected, ["1.1.1.1 8080"])
    }))

  itScoped("a client that goes away takes the connection outside with it", () =>
    Effect.gen(function*() {
      const { directory, sockets } = yield* setUp()
      const { socket } = yield* ask(directory, "registry.npmjs.org:443")
      const [outside] = sockets
      const closed = Effect.async<void>((resume) => {
        outside?.once("close", () => resume(Effect.void))
      })
      socket.destroy()
      yield* closed
    }))

  it.scoped("a connection through which nothing goes is closed; one that is used stays", () =>
    Effect.gen(function*() {
      const { directory, sockets } = yield* setUp()
      const idle = yield* ask(directory, "registry.npmjs.org:443")
      const [outside] = sockets
      yield* TestClock.adjust("1 minute")
      const used = yield* ask(directory, "registry.npmjs.org:443")
      let echoed = 0
      used.socket.on("data", (data: Buffer) => {
        echoed += data.length
      })
      for (let minutes = 1; minutes <= 12; minutes++) {
        used.socket.write("x")
        yield* until(() => echoed === minutes)
        yield* TestClock.adjust("1 minute")
      }
      yield* until(() => outside?.destroyed === true)
      idle.socket.resume()
      assert.isFalse(used.socket.destroyed)
    }).pipe(Effect.provide(NodeContext.layer)))

  itScoped("a session has so many connections and no more, until one ends", () =>
    Effect.gen(function*() {
      const { directory } = yield* setUp()
      const authority = "registry.npmjs.org:443"
      const open = yield* Effect.replicateEffect(ask(directory, authority), 128)
      assert.isTrue(open.every(({ status }) => status === 200))
      const refused = yield* ask(directory, authority)
      assert.strictEqual(refused.status, 503)
      assert.include(yield* rest(refused), "128 connections are already open")
      open[0]?.socket.destroy()
      yield* Effect.repeat(Effect.scoped(ask(directory, authority)), { until: ({ status }) => status === 200 })
    }))

  itScoped(
    "a destination that does not read stops its client: nothing piles up in between",
    () =>
      Effect.gen(function*() {
        const { directory, sockets } = yield* setUp()
        const { socket } = yield* ask(directory, "registry.npmjs.org:443")
        for (const outside of sockets) outside.pause()
        const part = Buffer.alloc(64 * 1024)
        const write = Effect.async<void>((resume) => {
          socket.write(part, () => resume(Effect.void))
        })
        let sent = 0
        const sending = yield* Effect.fork(Effect.forever(Effect.tap(write, () => {
          sent += part.length
        })))
        let before = -1
        // what the kernel holds of two connections, and a little more
        yield* Effect.repeat(Effect.sleep("200 millis"), {
          until: () => {
            const isStill = sent > 0 && sent === before
            before = sent
            return isStill
          }
        })
        yield* Fiber.interrupt(sending)
        assert.isBelow(sent, 24 * 1024 * 1024)
      })
  )

  itScoped("closing the gateway ends its connections", () =>
    Effect.gen(function*() {
      const { close, directory } = yield* setUp()
      const answer = yield* ask(directory, "registry.npmjs.org:443")
      yield* close
      assert.strictEqual(yield* rest(answer), "")
    }))
})
