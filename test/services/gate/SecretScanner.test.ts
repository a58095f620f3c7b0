import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SecretScanner } from "../../../src/services/gate/SecretScanner.ts"
import { added, diffOf } from "../../support/Patches.ts"
import { layerConfig } from "../../support/TestConfig.ts"
import { privateKeys, tokens } from "./SecretKit.ts"

const layer = SecretScanner.layer.pipe(Layer.provide(layerConfig({})), Layer.provide(NodeContext.layer))

const scan = (patch: string) => Effect.flatMap(SecretScanner, ({ scan }) => scan(patch))

it.layer(layer)("the scanner", (it) => {
  describe("finds", () => {
    for (
      const [i, [rule, text]] of [...tokens, ...privateKeys.map(([, text]) => ["private-key", text] as const)].entries()
    ) {
      it.effect(`${rule} ${i}`, () =>
        Effect.gen(function*() {
          const gate = yield* scan(diffOf([added("src/a.ts", `one\n\n${text}\nlast`)]).patch)
          assert.deepStrictEqual(gate.secrets, [{ rule, file: "src/a.ts", line: 3 }])
        }))
    }
  })
})
