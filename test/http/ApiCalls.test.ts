/** The calls of the API: all of them are there, and each is compiled when it is first used, once. */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SessionsGroup } from "../../src/http/Api.ts"
import * as ApiCalls from "../../src/http/ApiCalls.ts"

const nowhere = HttpClient.make(() => Effect.dieMessage("nothing is sent"))

describe("the API's calls", () => {
  it.effect("are made on first use, once", () =>
    Effect.gen(function*() {
      const { list } = yield* ApiCalls.make(nowhere)
      assert.strictEqual(yield* list, yield* list)
    }))

  it.effect("are those of the definition", () =>
    Effect.gen(function*() {
      const calls = yield* ApiCalls.make(nowhere)
      const defined = Object.values(SessionsGroup.endpoints).filter(HttpApiEndpoint.isHttpApiEndpoint)
      assert.sameMembers(
        Object.keys(calls).sort(),
        defined.map(({ name }) => name).filter((name) => name !== "log").sort()
      )
    }))
})
