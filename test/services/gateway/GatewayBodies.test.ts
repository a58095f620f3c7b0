/** How much of the server's memory a sandbox can take through its gateway: bodies that are large, slow or never end. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as TestServices from "effect/TestServices"
import * as Net from "node:net"
import { SessionId } from "../../../src/domain/Ids.ts"
import { heldBytes } from "../../../src/services/gateway/BodyMemory.ts"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import { answer, setUp } from "./GatewayKit.ts"

const mebibyte = 1024 * 1024
const held = Effect.map(Metric.value(heldBytes), ({ value }) => value)

/** Waits for a fact of the world outside, by a clock that is not the test's. */
const until = <E, R>(fact: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(Effect.zipRight(TestServices.provideLive(Effect.sleep("5 millis")), fact), { until: (isSo) => isSo })

/** The same, while the test's time passes. */
const passing = <E, R>(fact: Effect.Effect<boolean, E, R>) =>
  until(Effect.zipRight(TestClock.adjust("2 seconds"), fact))

/** A post that says it is so large and sends a part of it; what comes back of it is its reply. */
const post = Effect.fnUntraced(function*(directory: string, path: string, bytes: number, part: string) {
  const closed = yield* Deferred.make<void>()
  let reply = ""
  const socket = yield* Effect.acquireRelease(
    Effect.async<Net.Socket>((resume) => {
      const socket = Net.connect(`${directory}/gateway.sock`, () => resume(Effect.succeed(socket)))
      socket.on("error", () => {})
      socket.on("data", (data) => {
        reply += data.toString()
      })
      socket.on("close", () => Deferred.unsafeDone(closed, Effect.void))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n${part}`
  )
  return {
    reply: () => reply,
    closed: Deferred.await(closed),
    leave: Effect.sync(() => socket.destroy()),
    pause: Effect.sync(() => socket.pause())
  }
})

/** More than is read of every body at once. */
const start = `{"model":"${"x".repeat(17 * 1024)}`

const chat = "/openai/v1/chat/completions"
const messages = "/anthropic/v1/messages"
const body = JSON.stringify({ model: "gpt-5", messages: [{ role: "user", content: "hi" }] })

/** Real sockets, and the test's clock. */
const itScoped = <A, E>(name: string, test: () => Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scoped(name, () => Effect.asVoid(Effect.provide(test(), NodeContext.layer)))

describe("bodies that are held", () => {
  itScoped(
    "of 120 unfinished 31 MiB posts no more than the session's share is let in, and another session still works",
    () =>
      Effect.gen(function*() {
        const { directory, gateway } = yield* setUp(answer, { remainingUsd: 1e6 })
        const other = yield* gateway.open({
          sessionId: SessionId.make("0123456789ac"),
          remainingUsd: 1e6,
          onUsage: () => Effect.void
        })
        const posts = yield* Effect.replicateEffect(post(directory, chat, 31 * mebibyte, start), 120)
        yield* until(Effect.map(held, (bytes) => bytes === 31 * mebibyte))
        const { reply } = yield* post(other.directory, chat, body.length, body)
        yield* until(Effect.sync(() => reply().startsWith("HTTP/1.1 200 ")))
        assert.strictEqual(yield* held, 31 * mebibyte)
        // in turn, and at once when their clients go
        yield* Effect.forEach(posts, ({ leave }) => leave)
        yield* until(Effect.map(held, (bytes) => bytes === 0))
      })
  )

  itScoped(
    "are let go of when their client sends nothing any more, with a sentence; then it is cut off",
    () =>
      Effect.gen(function*() {
        const { directory } = yield* setUp(answer, { remainingUsd: 1e6 })
        const slow = yield* Effect.replicateEffect(post(directory, chat, 8 * mebibyte, start), 4)
        yield* until(Effect.map(held, (bytes) => bytes === 32 * mebibyte))
        yield* passing(Effect.sync(() => slow.every(({ reply }) => reply().includes("did not come within 30s"))))
        for (const { reply } of slow) assert.match(reply(), /^HTTP\/1.1 408 /)
        yield* until(Effect.map(held, (bytes) => bytes === 0))
        let isClosed = false
        yield* Effect.fork(Effect.zipRight(
          Effect.forEach(slow, ({ closed }) => closed),
          Effect.sync(() => {
            isClosed = true
          })
        ))
        yield* passing(Effect.sync(() => isClosed))
      })
  )

  itScoped(
    "are let go of as soon as the API begins to answer, long before the reply ends",
    () =>
      Effect.gen(function*() {
        const gate = yield* Deferred.make<void>()
        const { directory } = yield* setUp(
          () => Effect.succeed(ModelStandIn.text("one two three", { midway: Deferred.await(gate) })),
          { remainingUsd: 1e6 }
        )
        const content = "x".repeat(mebibyte)
        const json = JSON.stringify({ model: "gpt-5", stream: true, messages: [{ role: "user", content }] })
        const { reply } = yield* post(directory, chat, json.length, json)
        yield* until(Effect.sync(() => reply().includes("data: ")))
        assert.strictEqual(yield* held, 0)
        yield* Deferred.succeed(gate, undefined)
        yield* until(Effect.sync(() => reply().includes("[DONE]")))
      })
  )
})

describe("bodies that pass", () => {
  itScoped(
    "are given up, and the API's connection with them, when their client sends nothing any more",
    () =>
      Effect.gen(function*() {
        const { directory } = yield* setUp(answer)
        const { reply } = yield* post(directory, messages, 31 * mebibyte, "{")
        yield* passing(Effect.sync(() => reply().includes("did not come within 30s")))
        assert.match(reply(), /^HTTP\/1.1 408 /)
        assert.strictEqual(yield* held, 0)
      })
  )
})

describe("a reply that is not read", () => {
  itScoped("slows the API, and is given up after a while", () =>
    Effect.gen(function*() {
      const { api, directory } = yield* setUp(() => Effect.succeed(ModelStandIn.text("x".repeat(mebibyte / 2))))
      const json = JSON.stringify({ model: "gpt-5", input: "hi", stream: true })
      const { pause } = yield* post(directory, "/openai/v1/responses", json.length, json)
      yield* pause
      yield* api.awaitCalls(1)
      yield* passing(Effect.map(api.journal.entries, ([exchange]) => exchange?.outcome === "aborted"))
    }))
})
