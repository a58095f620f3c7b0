import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { SessionId } from "../../../src/domain/Ids.ts"
import * as BodyMemory from "../../../src/services/gateway/BodyMemory.ts"
import * as ModelProxyBody from "../../../src/services/gateway/ModelProxyBody.ts"
import * as RequestBody from "../../../src/services/gateway/RequestBody.ts"

const session = SessionId.make("0123456789ab")
const mebibyte = 1024 * 1024

const request = (body: Readable, bytes?: number) => ({
  method: "POST",
  url: "/",
  headers: bytes === undefined ? {} : { "content-length": String(bytes) },
  body
})

/** A body that comes as it is pushed. */
const open = (...parts: ReadonlyArray<string>) => {
  const body = new Readable({ read() {} })
  for (const part of parts) body.push(part)
  return body
}

const memory = BodyMemory.make({ total: 64 * mebibyte, perSession: 64 * mebibyte })

const holding = (space: BodyMemory.BodyMemory, body: Readable, bytes?: number) =>
  Effect.scoped(ModelProxyBody.hold(space, session, request(body, bytes), { dialect: "anthropic" }))

/** More than is read of every body at once. */
const start = `"${"x".repeat(17 * 1024)}`

/** Lets everything run that can. */
const settle = Effect.repeatN(Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve))), 5)

describe("a held body", () => {
  it.effect("is given up after half a minute without a byte", () =>
    Effect.gen(function*() {
      const space = yield* memory
      const held = yield* Effect.fork(Effect.flip(holding(space, open(start), mebibyte)))
      yield* settle
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual(yield* space.held, mebibyte)
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual((yield* Fiber.join(held)).message, "The request's body did not come within 30s.")
      assert.strictEqual(yield* space.held, 0)
    }))

  it.effect("is given up after two minutes, however it drips", () =>
    Effect.gen(function*() {
      const body = open("{")
      const held = yield* Effect.fork(Effect.flip(holding(yield* memory, body, 1_000)))
      for (let n = 0; n < 6; n++) {
        body.push(" ")
        yield* settle
        yield* TestClock.adjust("20 seconds")
      }
      assert.strictEqual((yield* Fiber.join(held)).message, "The request's body did not come within 2m.")
    }))

  it.effect("waits a minute for memory, and takes the largest for one that does not say its size", () =>
    Effect.scoped(Effect.gen(function*() {
      const space = yield* memory
      const first = yield* Effect.fork(holding(space, open(start)))
      yield* settle
      assert.strictEqual(yield* space.held, 32 * mebibyte)
      yield* space.take(session, 32 * mebibyte)
      yield* Fiber.interrupt(first)
      assert.strictEqual(yield* space.held, 32 * mebibyte)
      yield* space.take(session, 32 * mebibyte)
      const late = yield* Effect.fork(Effect.flip(holding(space, open(start), mebibyte)))
      yield* settle
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual((yield* Fiber.join(late))._tag, "BodiesWaiting")
    })))

  it.effect("that did not say its size keeps no more than it needs", () =>
    Effect.scoped(Effect.gen(function*() {
      const space = yield* memory
      const body = open(start, "\"")
      body.push(null)
      yield* ModelProxyBody.hold(space, session, request(body), { dialect: "anthropic" })
      assert.strictEqual(yield* space.held, start.length + 1)
    })))

  it.effect("is refused when it says that it is too large, and when it comes to be", () =>
    Effect.gen(function*() {
      const space = yield* memory
      const large = new Readable({
        read() {
          this.push(Buffer.alloc(mebibyte, " "))
        }
      })
      assert.strictEqual((yield* Effect.flip(holding(space, open("{"), 33 * mebibyte)))._tag, "BodyTooLarge")
      assert.strictEqual((yield* Effect.flip(holding(space, large)))._tag, "BodyTooLarge")
      assert.strictEqual(yield* space.held, 0)
    }))

  it.effect("that is small needs no share of the memory", () =>
    Effect.scoped(Effect.gen(function*() {
      const space = yield* memory
      yield* space.take(session, 64 * mebibyte)
      const body = open("{\"model\":\"m\"}")
      body.push(null)
      yield* holding(space, body)
    })))

  it.effect("whose client goes away is let go of", () =>
    Effect.gen(function*() {
      const space = yield* memory
      const body = open(start)
      const held = yield* Effect.fork(Effect.flip(holding(space, body, mebibyte)))
      yield* settle
      body.destroy()
      assert.strictEqual((yield* Fiber.join(held))._tag, "ConnectionError")
      assert.strictEqual(yield* space.held, 0)
    }))

  it.effect("in a flood of tiny parts is cut off at once", () =>
    Effect.gen(function*() {
      const body = open(...Array.from({ length: 2_000 }, () => " "))
      let seen = 0
      const error = yield* Effect.flip(RequestBody.collect(body, Duration.minutes(1), () => {
        seen++
        return undefined
      }))
      assert.strictEqual(error?._tag, "ConnectionError")
      assert.isTrue(body.destroyed)
      assert.strictEqual(seen, 256)
    }))
})

describe("a body that passes", () => {
  it.scoped("passes as it is; what it says is known in the end", () =>
    Effect.gen(function*() {
      const json = "{\"model\":\"m\"}"
      const source = open(json.slice(0, 5))
      const body = yield* ModelProxyBody.pass(request(source), { dialect: "anthropic" })
      assert.isFalse(body.isWhole())
      source.push(json.slice(5))
      source.push(null)
      if (body.http._tag !== "Raw" || !(body.http.body instanceof Readable)) return assert.fail("no stream")
      const readable = body.http.body
      assert.strictEqual(yield* Effect.promise(() => text(readable)), json)
      assert.deepStrictEqual([body.isWhole(), body.call().model, body.call().bytes], [true, "m", json.length])
    }))

  it.scoped("breaks off where its client is slow or goes away, and keeps why", () =>
    Effect.gen(function*() {
      const slow = yield* ModelProxyBody.pass(request(open("{")), { dialect: "anthropic" })
      yield* settle
      yield* TestClock.adjust("35 seconds")
      yield* settle
      assert.deepStrictEqual([slow.isWhole(), slow.failure()?._tag], [false, "BodyTimedOut"])
      const source = open("{")
      const gone = yield* ModelProxyBody.pass(request(source), { dialect: "anthropic" })
      source.destroy()
      yield* settle
      assert.deepStrictEqual([gone.isWhole(), gone.failure()?._tag], [false, "ConnectionError"])
    }))
})
