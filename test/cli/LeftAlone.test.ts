/** What is running according to the log, and is not worked on, is said to be so. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { alone, runCli, session, sessionId, sessionsDouble } from "./Harness.ts"

const commands = [["list"], ["status", "0123"]]

const shown = (
  fields: Parameters<typeof session>[0],
  args: ReadonlyArray<string>,
  owner: Option.Option<string> = Option.none()
) => {
  const sessions = {
    find: () => Effect.succeed(session(fields)),
    list: () => Effect.succeed({ sessions: [session(fields)], hasMore: false }),
    eventsPage: () => Effect.succeed([])
  }
  const reads = () => Effect.map(sessionsDouble(sessions), (sessions) => ({ sessions, owner: Effect.succeed(owner) }))
  return Effect.map(runCli(args, { environment: alone, parts: { reads } }), ({ err }) => err)
}

describe("list and status", () => {
  it.effect("say of a running session without a process that nothing is working on it, and of no other", () =>
    Effect.gen(function*() {
      for (const args of commands) {
        const says = `nothing is working on ${sessionId} now: the next opentl serve continues it`
        assert.include(yield* shown({ status: "running" }, args), says)
        assert.notInclude(yield* shown({ status: "running" }, args, Option.some("the server")), "nothing is working")
        assert.notInclude(yield* shown({ status: "waiting", phase: "approval" }, args), "nothing is working")
        assert.notInclude(yield* shown({ status: "running" }, [...args, "--json"]), "nothing is working")
      }
    }))
})
