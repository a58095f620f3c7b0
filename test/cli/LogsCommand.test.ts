/** `opentl logs`: what it prints, from where and to where. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { output, turnEnded, unknownEvent } from "../support/Events.ts"
import { Captured, runCli, session, type SessionsShape } from "./Harness.ts"

describe("logs", () => {
  const events = Array.from({ length: 2500 }, (_, i) => output(i + 1, `line ${i + 1}`))
  const stored: Partial<SessionsShape> = {
    find: () => Effect.succeed(session({ lastEventId: 2500 })),
    eventsPage: (_, after, limit) => Effect.succeed(events.slice(after, after + limit)),
    events: (_, after) => Stream.fromIterable(events.slice(after))
  }

  it.effect("ends at the present end", () =>
    Effect.gen(function*() {
      const { code, out } = yield* runCli(["logs", "0123"], { sessions: stored })
      assert.strictEqual(code, 0)
      const lines = out.trimEnd().split("\n")
      assert.strictEqual(lines.length, 2500)
      assert.match(lines[2499] ?? "", /^\d\d:\d\d:\d\d output {2}line 2500$/)
    }))

  it.effect("goes on from an event, one JSON document a line", () =>
    Effect.gen(function*() {
      for (const follow of [[], ["--follow"]]) {
        const { out } = yield* runCli(["logs", "0123", "--since", "2498", "--json", ...follow], { sessions: stored })
        const ids = out.trimEnd().split("\n").map((line) => JSON.parse(line).id)
        assert.deepStrictEqual(ids, [2499, 2500])
      }
    }))

  it.effect("prints nothing where there is nothing after the cursor", () =>
    Effect.map(runCli(["logs", "0123", "--since", "2500"], { sessions: stored }), (ended) => {
      assert.deepStrictEqual(ended, { code: 0, out: "", err: "" })
    }))

  it.effect("ends quietly when nobody reads on", () =>
    Effect.gen(function*() {
      class Closing extends Captured {
        override _write(chunk: Buffer, encoding: string, done: (error?: Error | null) => void): void {
          if (this.chunks.length > 0) return done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }))
          super._write(chunk, encoding, done)
        }
      }
      const { code, err } = yield* runCli(["logs", "0123"], { sessions: stored, stdout: new Closing(false, 80) })
      assert.strictEqual(err, "")
      assert.strictEqual(code, 0)
    }))

  it.effect("follows a failed session without failing", () =>
    Effect.gen(function*() {
      const { code, out } = yield* runCli(["logs", "0123", "--follow"], {
        sessions: {
          find: () => Effect.succeed(session()),
          events: () => Stream.make(turnEnded(1, "error", "it broke"))
        }
      })
      assert.strictEqual(code, 0)
      assert.include(out, "it broke")
    }))

  it.effect("shows the events of which this program does not know what happened", () =>
    Effect.gen(function*() {
      const log = [
        unknownEvent(1, "status", "cloned the repository"),
        unknownEvent(2, "output", "a line of the original's"),
        unknownEvent(3, "status", "the queue moved", { _tag: "QueueMoved", v: 1 }),
        unknownEvent(4, "error", "agent exited with code 3")
      ]
      for (const follow of [[], ["--follow"]]) {
        const { code, out } = yield* runCli(["logs", "0123", ...follow], {
          sessions: {
            find: () => Effect.succeed(session({ lastEventId: 4, status: "error", phase: "ended" })),
            eventsPage: (_, after) => Effect.succeed(log.slice(after)),
            events: (_, after) => Stream.fromIterable(log.slice(after))
          }
        })
        assert.strictEqual(code, 0)
        assert.deepStrictEqual(out.trimEnd().split("\n").map((line) => line.slice("00:00:00 ".length)), [
          "status  cloned the repository",
          "output  a line of the original's",
          "status  the queue moved",
          "error   agent exited with code 3"
        ])
      }
    }))
})
