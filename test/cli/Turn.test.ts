/** Following a turn: how one leaves it at a question, and what is shown after it where nobody else works. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { commands } from "../../src/cli/AllCommands.ts"
import { program } from "../../src/cli/Cli.ts"
import { BudgetRaised, BudgetReached, QuestionsAnswered, QuestionsAsked } from "../../src/domain/SessionEvent.ts"
import { eventView, output, turnEnded } from "../support/Events.ts"
import { alone, epoch, makeProcess, partsDouble, runCli, session, sessionId, withEnvironment } from "./Harness.ts"

const by = { name: "ada", via: "cli" } as const
const asked = QuestionsAsked.make({ turn: 1, questions: ["Which?"], until: epoch, remainingMillis: 1 })
const answered = QuestionsAnswered.make({ turn: 1, messageId: "m" })
const reached = BudgetReached.make({ turn: 1, budgetUsd: 1, firstUsd: 1, remainingMillis: 1 })
const raised = BudgetRaised.make({ by, addUsd: 1, budgetUsd: 2 })

describe("Ctrl-C while a session on a server waits", () => {
  /** What is said to one who leaves after these events. */
  const leaving = (...facts: ReadonlyArray<Parameters<typeof eventView>[1]>) =>
    Effect.gen(function*() {
      const seen = yield* Deferred.make<void>()
      const { process, stderr } = makeProcess(["run", "x", "--repo", "/srv/repo"], {})
      const parts = partsDouble({
        sessions: {
          create: () => Effect.succeed({ session: session({ turn: 0 }), replayed: false }),
          events: () =>
            Stream.concat(
              Stream.fromIterable(facts.map((fact, index) => eventView(index + 1, fact))),
              Stream.fromEffect(Effect.zipRight(Deferred.succeed(seen, undefined), Effect.never))
            )
        }
      })
      const fiber = yield* program(process, parts, commands).pipe(withEnvironment(), Effect.fork)
      yield* Deferred.await(seen)
      yield* Fiber.interrupt(fiber)
      return stderr.text.slice(stderr.text.indexOf("detached"))
    })

  it.effect("names the command that lets it go on", () =>
    Effect.gen(function*() {
      assert.include(yield* leaving(asked), `detached: the planner waits for an answer: opentl answer ${sessionId} `)
      assert.include(yield* leaving(reached), `detached: the turn waits for a budget: opentl budget ${sessionId} --add`)
    }))

  it.effect("says that it continues once it does", () =>
    Effect.gen(function*() {
      assert.include(yield* leaving(asked, answered), "detached: the session continues")
      assert.include(yield* leaving(reached, raised), "detached: the session continues")
    }))
})

describe("a message that has waited for a turn's end", () => {
  const log = [
    output(1, "one"),
    turnEnded(2, "error", "it broke"),
    output(3, "two"),
    turnEnded(4, "complete", "done", 2)
  ]

  /** `approve --follow`, with the session's state after each turn. */
  const approving = (environment: Readonly<Record<string, string>>) =>
    Effect.gen(function*() {
      const states = yield* Ref.make([
        session({ status: "pending", phase: "queued" }),
        session({ status: "complete", phase: "ended" })
      ])
      return yield* runCli(["approve", "0123", "--follow"], {
        environment,
        sessions: {
          find: () => Effect.succeed(session({ status: "waiting", phase: "approval" })),
          approve: () => Effect.succeed(session()),
          get: () => Ref.modify(states, ([now = session(), ...later]) => [now, later]),
          events: (_, after) => Stream.fromIterable(log.filter(({ id }) => id > after))
        }
      })
    })

  it.effect("is shown with the turn that takes it, in a process where nobody else works on it", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* approving(alone)
      assert.strictEqual(code, 0, "the last turn's")
      assert.match(out, /one\n(.*\n)*.*two\n(.*\n)*done\n$/)
      assert.include(err, "it broke")
    }))

  it.effect("is the server's on a server", () =>
    Effect.gen(function*() {
      const { code, out } = yield* approving({})
      assert.strictEqual(code, 1)
      assert.notInclude(out, "two")
    }))
})
