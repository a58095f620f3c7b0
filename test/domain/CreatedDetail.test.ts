/** A session's first event is stored without Schema, and as Schema would store it. */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import * as CreatedDetail from "../../src/domain/CreatedDetail.ts"
import { SessionCreated } from "../../src/domain/SessionEvent.ts"

const encode = Schema.encodeSync(SessionCreated)

describe("a session's first event", () => {
  it.prop("is stored as its schema would store it", [Arbitrary.make(SessionCreated)], ([event]) => {
    assert.deepStrictEqual(CreatedDetail.encode(event), encode(event))
  }, { fastCheck: { numRuns: 300 } })
})
