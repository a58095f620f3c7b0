/** The commands that read and steer, each as a person runs it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { SessionId } from "../../src/domain/Ids.ts"
import { SessionNotFound } from "../../src/domain/Session.ts"
import { NothingToApprove, NothingToRetry, SessionEnded } from "../../src/domain/SessionCommand.ts"
import { ReviewHeld } from "../../src/domain/SessionEvent.ts"
import { InvalidRequest } from "../../src/domain/SessionRequest.ts"
import { StoreError } from "../../src/services/store/StoreError.ts"
import { eventView, output, unknownEvent } from "../support/Events.ts"
import { runCli, session, sessionId, type SessionsShape } from "./Harness.ts"

const found: Partial<SessionsShape> = { find: () => Effect.succeed(session()) }

const many = Array.from(
  { length: 450 },
  (_, i) => session({ id: SessionId.make(`${String(999 - i)}abcdef012`), prompt: `Task ${i}` })
)

/** Pages as the server does. */
const listed = (asked: Ref.Ref<ReadonlyArray<unknown>>): Partial<SessionsShape> => ({
  list: (query) =>
    Effect.map(Ref.update(asked, (all) => [...all, query]), () => {
      const start = query.before === undefined ? 0 : many.findIndex(({ id }) => id === query.before) + 1
      return { sessions: many.slice(start, start + query.limit), hasMore: start + query.limit < many.length }
    })
})

describe("list", () => {
  it.effect("asks for what the options say", () =>
    Effect.gen(function*() {
      const asked = yield* Ref.make<ReadonlyArray<unknown>>([])
      const { code, out } = yield* runCli(["list", "--status", "running", "--repo", "a/b", "--limit", "2"], {
        sessions: listed(asked)
      })
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(yield* Ref.get(asked), [{ status: "running", repo: "a/b", limit: 2, before: undefined }])
      assert.strictEqual(out.split("\n").length, 4)
      assert.match(out, /^ID +REPO +STATUS +AGE +TASK +PR\n/)
    }))

  it.effect("prints one JSON array, over as many pages as it takes", () =>
    Effect.gen(function*() {
      const asked = yield* Ref.make<ReadonlyArray<unknown>>([])
      const { code, err, out } = yield* runCli(["list", "--json", "--limit", "430"], { sessions: listed(asked) })
      assert.strictEqual(code, 0)
      assert.strictEqual(err, "")
      const documents: ReadonlyArray<{ readonly id: string }> = JSON.parse(out)
      assert.deepStrictEqual(documents.map(({ id }) => id), many.slice(0, 430).map(({ id }) => id))
      assert.strictEqual((yield* Ref.get(asked)).length, 3)
    }))

  it.effect("says on standard error that there is nothing", () =>
    Effect.gen(function*() {
      const sessions = { list: () => Effect.succeed({ sessions: [], hasMore: false }) }
      assert.deepStrictEqual(yield* runCli(["list"], { sessions }), { code: 0, out: "", err: "no sessions\n" })
      assert.deepStrictEqual(yield* runCli(["list", "--json"], { sessions }), { code: 0, out: "[]\n", err: "" })
    }))

  it.effect("fits the terminal", () =>
    Effect.gen(function*() {
      const asked = yield* Ref.make<ReadonlyArray<unknown>>([])
      const environment = { NO_COLOR: "1" }
      const { out } = yield* runCli(["list"], { sessions: listed(asked), tty: true, columns: 60, environment })
      for (const line of out.split("\n")) assert.isAtMost(line.length, 60)
    }))
})

describe("status", () => {
  it.effect("prints the session as JSON", () =>
    Effect.gen(function*() {
      const { code, out } = yield* runCli(["status", "0123", "--json"], { sessions: found })
      assert.strictEqual(code, 0)
      const document = JSON.parse(out)
      assert.strictEqual(document.id, sessionId)
      assert.strictEqual(document.requested_by.name, "ada")
      assert.strictEqual(document.created_at, "1970-01-01T00:00:00.000Z")
    }))

  it.effect("shows the reviews and verifications that the events tell", () =>
    Effect.gen(function*() {
      const events = [
        output(1, "noise"),
        eventView(
          2,
          ReviewHeld.make({ turn: 1, round: 1, review: { _tag: "ChangesRequested", summary: "no", findings: [] } })
        ),
        unknownEvent(3, "verify", "npm test: 0")
      ]
      const { code, out } = yield* runCli(["status", "0123"], {
        sessions: {
          find: () => Effect.succeed(session({ lastEventId: 3, status: "waiting", phase: "approval", plan: "1. do" })),
          eventsPage: (_, after) => Effect.succeed(events.slice(after))
        }
      })
      assert.strictEqual(code, 0)
      assert.match(out, /status +waiting \(approval, turn 1\)/)
      assert.match(out, /reviews +1\. changes requested: no/)
      assert.match(out, /verified +1\. npm test: 0/)
      assert.match(out, /plan +1\. do/)
      assert.match(out, /usage +1,200 in, 340 out, \$0\.0123/)
      assert.include(out, `opentl approve ${sessionId}`)
      assert.notInclude(out, "noise")
    }))

  it.effect("does not find what is not there", () =>
    Effect.gen(function*() {
      const { code, err } = yield* runCli(["status", "ffff"], {
        sessions: { find: (id) => new SessionNotFound({ id }) }
      })
      assert.strictEqual(code, 1)
      assert.strictEqual(err, "error: there is no session ffff (opentl list shows the sessions)\n")
    }))

  it.effect("says so when the server goes away", () =>
    Effect.gen(function*() {
      const find = () => new StoreError({ operation: "answer: connection refused", cause: undefined })
      const { code, err } = yield* runCli(["status", "ffff"], { sessions: { find } })
      assert.deepStrictEqual({ code, err }, {
        code: 1,
        err: "error: the server cannot be reached: connection refused\n"
      })
    }))

  it.effect("names the candidates of an ambiguous id", () =>
    Effect.gen(function*() {
      const find = () => new InvalidRequest({ reason: "\"0\" is ambiguous: 01, 02" })
      const { code, err } = yield* runCli(["status", "0"], { sessions: { find } })
      assert.strictEqual(code, 2)
      assert.include(err, "01, 02")
    }))
})

describe("stop", () => {
  it.effect("says so when the sandbox is gone", () =>
    Effect.gen(function*() {
      const { code, out } = yield* runCli(["stop", "0123"], {
        sessions: {
          ...found,
          stop: (_, by) => Effect.as(Effect.sync(() => assert.strictEqual(by.name, "ada")), session())
        }
      })
      assert.strictEqual(code, 0)
      assert.strictEqual(out, `stopped ${sessionId}\n`)
    }))

  it.effect("fails where there is nothing to stop", () =>
    Effect.gen(function*() {
      const { code, err } = yield* runCli(["stop", "0123"], {
        sessions: { ...found, stop: () => new SessionEnded({ sessionId, end: "complete" }) }
      })
      assert.strictEqual(code, 1)
      assert.match(err, /already ended \(complete\)/)
    }))
})

describe("retry", () => {
  it.effect("is of the turn that was seen to fail", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* runCli(["retry", "0123"], {
        sessions: {
          find: () => Effect.succeed(session({ status: "error", turn: 3 })),
          retry: (id, { by, turn }) =>
            Effect.as(
              Effect.sync(() => assert.deepStrictEqual([id, by.name, turn], [sessionId, "ada", 3])),
              session({ status: "pending", turn: 3 })
            )
        }
      })
      assert.deepStrictEqual([code, out], [0, `retrying ${sessionId}\n`])
      assert.include(err, `opentl logs ${sessionId} --follow`)
    }))

  it.effect("fails where the turn ended well", () =>
    Effect.gen(function*() {
      const { code, err } = yield* runCli(["retry", "0123"], {
        sessions: { ...found, retry: () => new NothingToRetry({ sessionId, reason: "its last turn ended well" }) }
      })
      assert.strictEqual(code, 1)
      assert.include(err, "its last turn ended well")
    }))
})

describe("approve and reject", () => {
  it.effect("pass on the answer", () =>
    Effect.gen(function*() {
      const asked = yield* Ref.make<ReadonlyArray<unknown>>([])
      const note = (...call: ReadonlyArray<unknown>) => Effect.as(Ref.update(asked, (all) => [...all, call]), session())
      const sessions: Partial<SessionsShape> = {
        ...found,
        approve: (id, { by, plan }) => note("approve", id, plan, by.name),
        reject: (id, { by, reason }) => note("reject", id, reason, by.name)
      }
      assert.strictEqual((yield* runCli(["approve", "0123"], { sessions })).out, `approved ${sessionId}\n`)
      yield* runCli(["approve", "0123", "--plan", "-"], { sessions, stdin: "1. better\n" })
      assert.strictEqual((yield* runCli(["reject", "0123", "- too long"], { sessions })).code, 0)
      assert.deepStrictEqual(yield* Ref.get(asked), [
        ["approve", sessionId, undefined, "ada"],
        ["approve", sessionId, "1. better\n", "ada"],
        ["reject", sessionId, "- too long", "ada"]
      ])
    }))

  it.effect("fail where no plan waits", () =>
    Effect.gen(function*() {
      const { code, err } = yield* runCli(["approve", "0123"], {
        sessions: { ...found, approve: () => new NothingToApprove({ sessionId }) }
      })
      assert.strictEqual(code, 1)
      assert.match(err, /no plan waiting/)
    }))
})
