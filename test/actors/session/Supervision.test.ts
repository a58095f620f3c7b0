import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import { type Defects, Directive, onFailure, strategy } from "../../../src/actors/session/Supervision.ts"
import { SessionLost } from "../../../src/services/store/SessionStore.ts"
import { StoreError } from "../../../src/services/store/StoreError.ts"

const defect = Cause.die(new Error("a bug"))
const unreadable = Cause.fail(new StoreError({ operation: "read events", cause: "disk full" }))

/** The directives for defects at these moments, one after the other. */
const after = (...moments: ReadonlyArray<number>) =>
  moments.reduce<{ readonly defects: Defects; readonly directives: ReadonlyArray<Directive> }>(
    ({ defects, directives }, now) => {
      const [directive, counted] = onFailure(strategy, defects, defect, now)
      return { defects: counted, directives: [...directives, directive] }
    },
    { defects: [], directives: [] }
  ).directives

describe("an actor that fails", () => {
  it("of a defect is restarted, later each time", () =>
    assert.deepStrictEqual(after(0, 1000, 2000), [
      Directive.Restart({ after: Duration.millis(200) }),
      Directive.Restart({ after: Duration.millis(400) }),
      Directive.Restart({ after: Duration.millis(800) })
    ]))

  it("of too many defects within the window is given up, with the cause as its sentence", () =>
    assert.deepStrictEqual(
      after(0, 1000, 2000, 3000)[3],
      Directive.EndTurn({ reason: "the session's actor failed 4 times: Error: a bug" })
    ))

  it("of defects that are far apart is restarted each time", () => {
    const hourly = after(...Array.from({ length: 20 }, (_, hour) => hour * 3_600_000))
    assert.isTrue(
      hourly.every((directive) => directive._tag === "Restart" && Duration.toMillis(directive.after) === 200)
    )
  })

  it("because the log cannot be read is restarted for as long as that lasts, and it counts as no defect", () => {
    const [directive, defects] = onFailure(strategy, [1, 2], unreadable, 3)
    assert.deepStrictEqual(directive, Directive.Restart({ after: strategy.storeDelay }))
    assert.deepStrictEqual(defects, [1, 2])
  })

  it("because another owner has the session is forgotten", () => {
    const [directive] = onFailure(strategy, [], Cause.fail(new SessionLost({ sessionId: "0123456789ab" })), 0)
    assert.deepStrictEqual(directive, Directive.Forget())
  })
})
