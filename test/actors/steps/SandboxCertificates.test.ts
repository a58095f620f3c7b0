import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { create, history, withServer } from "../../support/TestApp.ts"

const given = (sandboxCertificates: Option.Option<string>) =>
  withServer((world) =>
    Effect.gen(function*() {
      yield* history(yield* create())
      return world.engine.specs.map(({ inputs }) => inputs.find(({ path }) => path === "in/certificates.pem")?.content)
    }), { sandboxCertificates })

describe("the operator's certificates", () => {
  it.effect("are an input of every round", () =>
    Effect.map(
      given(Option.some("PEM")),
      (contents) => assert.deepStrictEqual(contents, [{ _tag: "Text", text: "PEM" }])
    ))

  it.effect("are no input where there are none", () =>
    Effect.map(given(Option.none()), (contents) => assert.deepStrictEqual(contents, [undefined])))
})
