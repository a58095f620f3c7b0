/** What the gateway knows of a round, over the end of a server. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import { itScoped, post, sessionId, setUp, tokens, user } from "./GatewayKit.ts"

/** A server ends like this: its fibers are interrupted. A killed one does not even do that. */
const stopped = Exit.interrupt(FiberId.none)

const ours = "claude-sonnet-4-5"
const toolsOf = [{ name: "bash", input_schema: { type: "object" } }]
const ask = (model = ours) =>
  post("/anthropic/v1/messages", { model, max_tokens: 16, messages: user, stream: true, tools: toolsOf })

/** A gateway of a round, which can be opened again, as a later server does. */
const world = (replies: ReadonlyArray<ModelStandIn.ModelReply>) =>
  Effect.gen(function*() {
    const left = [...replies]
    const set = yield* setUp(() => Effect.sync(() => left.shift() ?? ModelStandIn.text("Fine.", { usage: tokens })), {
      model: ours,
      round: "1-1"
    })
    const fs = yield* FileSystem.FileSystem
    const send = (request: Parameters<typeof set.send>[0]) =>
      Effect.ignore(Effect.scoped(Effect.flatMap(set.send(request), (response) => response.text)))
    /** What the next server says, which opens the gateway for this round. */
    const next = (round: string) =>
      Effect.scoped(Effect.gen(function*() {
        const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, stopped))
        const open = set.gateway.open({
          sessionId,
          remainingUsd: undefined,
          model: ours,
          round,
          onUsage: () => Effect.void
        })
        const { lastFailure } = yield* Scope.extend(open, scope)
        return Option.getOrElse(yield* lastFailure, () => "none")
      }))
    const stop = set.end(stopped)
    const files = Effect.orElseSucceed(fs.readDirectory(`${set.dataDir}/gateway-rounds`), () => [])
    return { ...set, files, next, send, stop }
  })
describe("a round's record", () => {
  itScoped("a failure is known to the next server, until a call succeeds", () =>
    Effect.gen(function*() {
      const { files, next, send, stop } = yield* world([ModelStandIn.refuse(400, { message: "the lab refuses" })])
      yield* send(ask())
      yield* stop
      assert.strictEqual(yield* next("1-1"), "the lab refuses (status 400)")
      assert.strictEqual(yield* next("1-1"), "the lab refuses (status 400)")
      assert.deepStrictEqual(yield* files, [`${sessionId}.json`])
    }))

  itScoped(
    "is written before the agent can know: a server that is killed leaves the same",
    () =>
      Effect.gen(function*() {
        const { next, send } = yield* world([ModelStandIn.refuse(400, { message: "the lab refuses" })])
        yield* send(ask())
        // the first one is not closed
        assert.strictEqual(yield* next("1-1"), "the lab refuses (status 400)")
      })
  )

  itScoped("success counts, and a failure beside the work does not", () =>
    Effect.gen(function*() {
      const { next, send, stop } = yield* world([
        ModelStandIn.text("Fine.", { usage: tokens }),
        ModelStandIn.refuse(400, { message: "no titles" })
      ])
      yield* send(ask())
      yield* send(ask("claude-haiku-4-5"))
      yield* stop
      assert.strictEqual(yield* next("1-1"), "none")
    }))

  for (const ending of ["stopped", "killed"]) {
    itScoped(`an answer that was under way when the server was ${ending} broke off`, () =>
      Effect.gen(function*() {
        const half = yield* Deferred.make<void>()
        const midway = Effect.zipRight(Deferred.succeed(half, undefined), Effect.never)
        const { files, next, send, stop } = yield* world([
          ModelStandIn.text("one two three", { usage: tokens, midway })
        ])
        yield* Effect.fork(send(ask()))
        yield* Deferred.await(half)
        yield* Effect.repeat(files, { until: ({ length }) => length === 1 })
        if (ending === "stopped") yield* stop
        assert.include(yield* next("1-1"), "in the middle of the answer")
      }))
  }

  itScoped("an answer that breaks off at once is not taken for a whole one", () =>
    Effect.gen(function*() {
      const { lastFailure, send } = yield* world([ModelStandIn.text("one two three", { usage: tokens, ending: "cut" })])
      yield* send(ask())
      assert.include(Option.getOrElse(yield* lastFailure, () => "none"), "broke off")
    }))

  itScoped("an answer that the client left does not count", () =>
    Effect.gen(function*() {
      const half = yield* Deferred.make<void>()
      const midway = Effect.zipRight(Deferred.succeed(half, undefined), Effect.never)
      const { next, reports, send } = yield* world([ModelStandIn.text("one two three", { usage: tokens, midway })])
      const asking = yield* Effect.fork(send(ask()))
      yield* Deferred.await(half)
      yield* Fiber.interrupt(asking)
      yield* Queue.take(reports)
      assert.strictEqual(yield* next("1-1"), "none")
    }))

  itScoped("of another round is forgotten, and that of a finished one removed", () =>
    Effect.gen(function*() {
      const finished = yield* world([ModelStandIn.refuse(400)])
      yield* finished.send(ask())
      yield* finished.close
      assert.deepStrictEqual(yield* finished.files, [])
      const { files, next, send } = yield* world([ModelStandIn.refuse(400)])
      yield* send(ask())
      assert.strictEqual(yield* next("1-2"), "none")
      assert.deepStrictEqual(yield* files, [])
    }))

  itScoped(
    "a refused endpoint is told once a round, also by the next server, and not without end",
    () =>
      Effect.gen(function*() {
        const { refused, send } = yield* world([])
        for (let n = 0; n < 3; n++) yield* send(post("/anthropic/v1/files?x=1", {}))
        assert.deepStrictEqual([...yield* Queue.takeAll(refused)], ["POST /anthropic/v1/files"])
        for (let n = 0; n < 50; n++) yield* send(post(`/openai/v1/files/${n}`, {}))
        assert.strictEqual((yield* Queue.takeAll(refused)).length, 9)
      })
  )
})
