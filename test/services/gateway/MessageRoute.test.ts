/** The gateway's own route, by which the host of an agent asks for messages. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import { itScoped, post, setUp } from "./GatewayKit.ts"

const given = [{ id: "m1", text: "use tabs" }, { id: "m2", text: "and \"no\" semicolons\n" }]

const gateway = Effect.gen(function*() {
  const asked: Array<string | undefined> = []
  const { send } = yield* setUp(() => Effect.succeed(ModelStandIn.text("no")), {
    giveMessages: (after) => {
      asked.push(after)
      return Effect.succeed(given)
    }
  })
  const ask = (request: HttpClientRequest.HttpClientRequest) =>
    Effect.flatMap(
      send(request),
      (response) => Effect.map(response.text, (body) => ({ status: response.status, body }))
    )
  return { ask, asked }
})

itScoped("tells the messages, and passes on which one the agent has", () =>
  Effect.gen(function*() {
    const { ask, asked } = yield* gateway
    const { body, status } = yield* ask(post("/opentl/messages", {}))
    assert.deepStrictEqual([status, JSON.parse(body)], [200, given])
    yield* ask(post("/opentl/messages?after=m%2F2", {}))
    assert.deepStrictEqual(asked, [undefined, "m/2"])
  }))

itScoped("gives nothing to what is not such a question", () =>
  Effect.gen(function*() {
    const { ask, asked } = yield* gateway
    assert.strictEqual((yield* ask(HttpClientRequest.get("/opentl/messages"))).status, 405)
    assert.strictEqual((yield* ask(post(`/opentl/messages?after=${"x".repeat(300)}`, {}))).status, 414)
    assert.strictEqual((yield* ask(post("/opentl/messagesx", {}))).status, 403)
    assert.deepStrictEqual(asked, [])
  }))

itScoped("of a run that is only packed has none", () =>
  Effect.gen(function*() {
    const { send } = yield* setUp(() => Effect.succeed(ModelStandIn.text("no")))
    const response = yield* send(post("/opentl/messages", {}))
    assert.strictEqual(yield* response.text, "[]")
  }))
