/** What happened goes typed through the port: an event gives back the fact that it was made from. */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as DateTime from "effect/DateTime"
import * as Equal from "effect/Equal"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as EventText from "../../src/domain/EventText.ts"
import { SessionId } from "../../src/domain/Ids.ts"
import { OutputWritten, SessionEvent, TurnEnded } from "../../src/domain/SessionEvent.ts"
import { eventView, output, unknownEvent } from "../support/Events.ts"
import { created } from "../support/Walk.ts"

const { SessionEventView } = EventText

const storedEvent = (fact: SessionEvent) =>
  new SessionEventView({
    id: 1,
    sessionId: SessionId.make("0123456789ab"),
    ...EventText.describe(fact),
    createdAt: DateTime.unsafeMake(0),
    detail: EventText.storedDetail(fact)
  })

const json = Schema.parseJson(SessionEventView)
const throughJson = (event: EventText.SessionEventView) => Schema.decodeSync(json)(Schema.encodeSync(json)(event))

/** JSON knows no other numbers. */
const isFinite = (value: unknown): boolean =>
  typeof value === "number"
    ? Number.isFinite(value)
    : typeof value !== "object" || value === null || Object.values(value).every(isFinite)

const areSame = Schema.equivalence(SessionEvent)

describe("the fact of an event", () => {
  it("is the one that the event was made from, here and behind JSON", () => {
    const told = new Set<string>()
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(SessionEvent).filter(isFinite), (fact) => {
        told.add(fact._tag)
        const event = storedEvent(fact)
        for (const { fact: read } of [event, throughJson(event)]) {
          assert.isTrue(Option.exists(read, (same) => areSame(same, fact)), fact._tag)
        }
      }),
      { numRuns: 50 * SessionEvent.members.length }
    )
    assert.strictEqual(told.size, SessionEvent.members.length)
  })

  it("has of an operator's shell line no more than is shown", () => {
    const fact = created({ agent: { _tag: "Command", line: "deploy --token s3cret" } })
    const event = eventView(1, fact)
    assert.deepStrictEqual(Option.getOrUndefined(event.fact), { ...fact, agent: { _tag: "Command", line: "…" } })
    assert.deepStrictEqual(Option.getOrUndefined(throughJson(event).fact), Option.getOrUndefined(event.fact))
  })

  it("is none where this program does not know it, and the event is there all the same", () => {
    for (
      const event of [
        unknownEvent(1, "status", "cloned"),
        unknownEvent(1, "status", "cloned", {}),
        unknownEvent(1, "status", "the queue moved", { _tag: "QueueMoved", v: 1, turn: 1 }),
        unknownEvent(1, "error", "no", { _tag: "TurnEnded", v: 2, turn: 1, end: "error", text: "no" }),
        unknownEvent(1, "error", "no", { _tag: "TurnEnded", v: 1, turn: "1", end: "error", text: "no" }),
        unknownEvent(1, "output", "a line", { _tag: "OutputWritten", v: 1 })
      ]
    ) {
      assert.isTrue(Option.isNone(event.fact))
      assert.deepStrictEqual(throughJson(event), event)
    }
  })

  it("is known where a newer server says more of it", () => {
    const fact = TurnEnded.make({ turn: 1, end: "complete", text: "done" })
    const event = unknownEvent(1, "done", "done", { ...EventText.storedDetail(fact), seconds: 3 })
    assert.deepStrictEqual(Option.getOrUndefined(event.fact), fact)
  })

  it("is read when it is asked for, and once", () => {
    let reads = 0
    const detail = {
      v: 1,
      turn: 1,
      round: 1,
      line: 1,
      get _tag() {
        reads += 1
        return "OutputWritten"
      }
    }
    // as the log makes it of a row
    const event = new SessionEventView({ ...output(1, "a line"), detail }, { disableValidation: true })
    assert.strictEqual(reads, 0)
    assert.deepStrictEqual(
      Option.getOrUndefined(event.fact),
      OutputWritten.make({ turn: 1, round: 1, line: 1, text: "a line" })
    )
    const once = reads
    assert.isAbove(once, 0)
    assert.strictEqual(event.fact, event.fact)
    assert.strictEqual(reads, once)
  })

  it("is no part of the event: neither of what is sent nor of what is compared", () => {
    const asked = output(1, "a line")
    const other = new SessionEventView({ ...asked }, { disableValidation: true })
    assert.isTrue(Option.isSome(asked.fact))
    assert.isTrue(Equal.equals(asked, other))
    assert.deepStrictEqual(asked, other)
    assert.deepStrictEqual(Object.keys(asked), ["id", "sessionId", "type", "data", "createdAt", "detail"])
    assert.strictEqual(Schema.encodeSync(json)(asked), Schema.encodeSync(json)(other))
  })
})
