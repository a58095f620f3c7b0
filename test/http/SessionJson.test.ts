/** Sessions are encoded without Schema, and look as Schema would encode them. */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { Session } from "../../src/domain/Session.ts"
import * as SessionJson from "../../src/http/SessionJson.ts"

const encode = Schema.encodeSync(Session)

describe("a session as JSON", () => {
  it.prop("is what its schema encodes", [Arbitrary.make(Session)], ([session]) => {
    assert.deepStrictEqual(SessionJson.encode(session), encode(session))
    assert.strictEqual(JSON.stringify(SessionJson.encode(session)), JSON.stringify(encode(session)))
  }, { fastCheck: { numRuns: 300 } })
})
