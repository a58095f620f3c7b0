import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as WaitingLine from "../../../src/actors/session/WaitingLine.ts"
import { SessionId } from "../../../src/domain/Ids.ts"

const session = (n: number) => SessionId.make(`session-${n}`)

describe("a line", () => {
  it.prop("has the order and the positions of a list", [FastCheck.array(FastCheck.nat(39), { maxLength: 300 })], ([
    calls
  ]) => {
    const line = WaitingLine.make()
    let model: ReadonlyArray<SessionId> = []
    for (const call of calls) {
      const id = session(call % 20)
      if (call < 20) {
        line.join(id)
        if (!model.includes(id)) model = [...model, id]
      } else {
        line.leave(id)
        model = model.filter((other) => other !== id)
      }
      assert.strictEqual(line.first(), model[0])
      for (let n = 0; n < 20; n++) {
        const at = model.indexOf(session(n))
        assert.strictEqual(line.position(session(n)), at < 0 ? undefined : at + 1)
      }
    }
  })

  it("stays right when many have passed", () => {
    const line = WaitingLine.make()
    const ids = Array.from({ length: 10_000 }, (_, n) => session(n))
    ids.forEach(line.join)
    for (let n = 0; n < 9_990; n++) {
      assert.strictEqual(line.first(), ids[n])
      line.leave(session(n))
      assert.strictEqual(line.position(session(9_995)), 9_995 - n)
    }
    line.join(session(1))
    assert.strictEqual(line.position(session(1)), 11)
  })
})
