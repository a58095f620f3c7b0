import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redaction from "../../../src/services/gate/Redaction.ts"
import { SecretScanner } from "../../../src/services/gate/SecretScanner.ts"
import { layerConfig } from "../../support/TestConfig.ts"

/** Put together, so that no line here is one. */
const token = ["ghp", "16C7e42F292c6912E7710c838347Ae178B4a"].join("_")
const pem = (line: string) =>
  ["-----BEGIN", "RSA PRIVATE KEY-----"].join(" ") + `\n${line}\n` +
  ["-----END", "RSA PRIVATE KEY-----"].join(" ")

const redacted = (text: string) =>
  Redaction.make.pipe(
    Effect.flatMap((withoutSecrets) => withoutSecrets("a text", text)),
    Effect.provide(SecretScanner.layer.pipe(Layer.provide(layerConfig()), Layer.provide(NodeContext.layer)))
  )

describe("a text for publication", () => {
  it.effect("without secrets is as it was", () =>
    Effect.map(redacted("One line\n> and `another`\n"), (text) => {
      assert.strictEqual(text, "One line\n> and `another`\n")
    }))

  it.effect("has no line with a secret, and says so in its place, in quotations, too", () =>
    Effect.map(redacted(`One\n> the token is ${token}\n${token}\nlast`), (text) => {
      assert.strictEqual(text, "One\n> (a line with a secret was left out)\n(a line with a secret was left out)\nlast")
    }))

  it.effect("has no line with a secret that a terminal would show, or hide", () =>
    Effect.map(
      redacted(
        `\u001b[1mOne\u001b[m\n${token.slice(0, 9)}\u001b[0m${token.slice(9)}\n` +
          `${token.slice(0, 9)}\u200b${token.slice(9)}\n\u001b[${token}\nlast`
      ),
      (text) => {
        const leftOut = "(a line with a secret was left out)"
        assert.strictEqual(text, ["\u001b[1mOne\u001b[m", leftOut, leftOut, leftOut, "last"].join("\n"))
      }
    ))

  const body = ["MIIEpAIBAAKCAQEA7bq1u0Kq8xg2bX9n5rV3QmWcT1yLkP0sZ4dHfJ6aUeRtYiOp", "Qm9keSBvZiBhIGtleQ=="]
  const whole = pem(body.join("\n")).split("\n")
  const cases: ReadonlyArray<readonly [what: string, lines: ReadonlyArray<string>]> = [
    ["of a private key", whole],
    ["of a key in a quotation", whole.map((line) => `> ${line}`)],
    ["of a key whose beginning was cut off", whole.slice(2)],
    ["of a key whose end was cut off", whole.slice(0, -1)]
  ]
  for (const [what, lines] of cases) {
    it.effect(`has no line ${what}`, () =>
      Effect.map(redacted(["before", ...lines, "after that"].join("\n")), (text) => {
        for (const line of body) assert.notInclude(text, line)
        assert.notMatch(text, /-----(BEGIN|END)/)
        assert.match(text, /^before\n[^]*\nafter that$/)
      }))
  }
})
