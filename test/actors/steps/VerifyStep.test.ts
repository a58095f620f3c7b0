/** A round's work before its review: checks on the committed tree, on the real actors; sandboxes are faked. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import type { SessionEventView } from "../../../src/domain/EventText.ts"
import type { SessionEvent } from "../../../src/domain/SessionEvent.ts"
import * as Verification from "../../../src/domain/Verification.ts"
import { approve, plan, requestChanges } from "../../fakes/FakeModel.ts"
import { added, diffOf } from "../../support/Patches.ts"
import { create, endings, history, tags, withServer, type World } from "../../support/TestApp.ts"
import { askedOf, lint, scriptChecks, test } from "./VerifyKit.ts"

const facts = <Tag extends SessionEvent["_tag"]>(events: ReadonlyArray<SessionEventView>, tag: Tag) =>
  events.flatMap(({ fact }) =>
    Option.toArray(
      Option.filter(fact, (fact): fact is Extract<SessionEvent, { readonly _tag: Tag }> => fact._tag === tag)
    )
  )

const outcomes = (events: ReadonlyArray<SessionEventView>) =>
  facts(events, "VerifyHeld").map(({ verification }) => verification.commands.map(({ outcome }) => outcome))

const reviewsAsked = (world: World) => world.model.asked.filter(({ purpose }) => purpose === "review").length

/** The runs of checks that were started, with what they were asked. */
const checkRuns = (world: World) =>
  world.engine.specs.flatMap((spec) =>
    spec.run.checks === undefined ? [] : [[spec.run.checks, spec.run.round, askedOf(spec)] as const]
  )

const promptOf = (world: World, round: number) => {
  const spec = world.engine.specs.find(({ run }) => run.checks === undefined && run.round === round)
  const file = spec?.inputs.find(({ path }) => path === "in/prompt.md")
  return file?.content._tag === "Text" ? file.content.text : ""
}

describe("a round's work", () => {
  it.effect("is verified, reviewed and pushed as one and the same commit, in sandboxes of their own", () =>
    withServer((world) =>
      Effect.gen(function*() {
        scriptChecks(world, () => ({}))
        world.model.answer = (purpose) =>
          Effect.sync(() => {
            if (purpose === "review") assert.strictEqual(world.engine.runs.size, 0, "no sandbox is left for the review")
            return purpose === "plan" ? plan("Fix it") : approve
          })
        const id = yield* create()
        const events = yield* history(id)
        const [verified] = facts(events, "VerifyHeld")
        assert.strictEqual(verified?.verification.outcome, "passed")
        assert.strictEqual(verified?.commit, facts(events, "ReviewHeld")[0]?.commit)
        assert.strictEqual(verified?.commit, facts(events, "BranchPushed")[0]?.commit)
        assert.deepStrictEqual(checkRuns(world), [["head", 1, [lint, test]]])
        assert.include(world.engine.started, `opentl-${id}-1-1-verify`)
        assert.deepStrictEqual(world.engine.removed.toSorted(), world.engine.started.toSorted())
        assert.isFalse(world.remote.proposals[0]?.draft)
        assert.include(world.remote.proposals[0]?.body, "| `npm run test` | passed |  | 2 s |")
        const sessions = yield* Sessions
        assert.strictEqual((yield* sessions.get(id)).verification, "passed")
        assert.strictEqual((yield* sessions.verification(id)).commands[1]?.tail, `output of ${test}\n`)
      })
    ))

  it.effect("that weakens its checks passes them, and it is said where people look", () =>
    withServer((world) =>
      Effect.gen(function*() {
        scriptChecks(world, () => ({}))
        world.remote.diff = () => diffOf([added(".npmrc", "script-shell=/bin/true")])
        const id = yield* create()
        const [verified] = facts(yield* history(id), "VerifyHeld")
        const weakened = [{ file: ".npmrc", what: "test configuration added" }]
        assert.deepStrictEqual(verified?.verification.weakened, weakened)
        assert.include(
          verified === undefined ? "" : Verification.show(verified.verification),
          "\n! .npmrc: test configuration added"
        )
        const sessions = yield* Sessions
        assert.deepStrictEqual((yield* sessions.verification(id)).weakened, weakened)
        assert.include(world.remote.proposals[0]?.body, "`.npmrc`: may weaken the checks: test configuration added")
      })
    ))

  it.effect("goes back to the agent for a new failure, before any review", () =>
    withServer((world) =>
      Effect.gen(function*() {
        scriptChecks(world, ({ checks, round }) => checks === "head" && round === 1 ? { [test]: 1 } : {})
        const events = yield* history(yield* create())
        assert.deepStrictEqual(outcomes(events), [["passed", "failed"], ["passed", "passed"]])
        const order = tags(events).filter((tag) =>
          tag === "RoundStarted" || tag === "VerifyHeld" || tag === "ReviewHeld"
        )
        assert.deepStrictEqual(order, ["RoundStarted", "VerifyHeld", "RoundStarted", "VerifyHeld", "ReviewHeld"])
        assert.strictEqual(reviewsAsked(world), 1)
        assert.include(promptOf(world, 2), "## Failed checks, round 1")
        assert.include(promptOf(world, 2), `output of ${test}`)
        assert.notInclude(promptOf(world, 2), `output of ${lint}`)
        assert.isFalse(world.remote.proposals[0]?.draft)
      })
    ))

  it.effect("is not held back by what fails on its base as well, which is run there once", () =>
    withServer((world) =>
      Effect.gen(function*() {
        scriptChecks(world, () => ({ [lint]: 3 }))
        const events = yield* history(yield* create())
        assert.deepStrictEqual(outcomes(events), [["failed_before", "passed"]])
        assert.deepStrictEqual(checkRuns(world), [["head", 1, [lint, test]], ["base", 1, [lint]]])
        assert.strictEqual(facts(events, "VerifyHeld")[0]?.verification.commands[0]?.baseExitCode, 3)
        yield* history(yield* create())
        assert.deepStrictEqual(checkRuns(world).slice(2), [["head", 1, [lint, test]]])
      })
    ))

  it.effect("that never passes becomes a draft that says which checks fail, and nobody pays for its review", () =>
    withServer((world) =>
      Effect.gen(function*() {
        scriptChecks(world, ({ checks }) => checks === "head" ? { [test]: 1, [lint]: undefined } : {})
        const events = yield* history(yield* create())
        assert.deepStrictEqual(outcomes(events), [["timed_out", "failed"], ["timed_out", "failed"]])
        assert.strictEqual(reviewsAsked(world), 0)
        assert.deepStrictEqual(endings(events), ["complete"])
        const [proposal] = world.remote.proposals
        assert.isTrue(proposal?.draft)
        assert.include(proposal?.body, "**Draft** · **checks fail**")
        assert.include(proposal?.body, "| `npm run test` | **failed** (exit code 1) | passes | 2 s |")
      }), { rounds: 2 }))

  it.effect("counts runs of the agent and reviews apart", () =>
    withServer((world) =>
      Effect.gen(function*() {
        world.model.answer = (purpose, n) =>
          Effect.succeed(purpose === "plan" ? plan("Fix it") : n === 1 ? requestChanges("add a test") : approve)
        scriptChecks(world, ({ checks, round }) => checks === "head" && round === 2 ? { [test]: 1 } : {})
        const events = yield* history(yield* create())
        assert.strictEqual(facts(events, "RoundStarted").length, 3)
        assert.strictEqual(reviewsAsked(world), 2)
        assert.include(promptOf(world, 3), "The reviewer asked for these changes earlier")
      })
    ))

  it.effect("has a failed install among its checks", () =>
    withServer((world) =>
      Effect.gen(function*() {
        scriptChecks(
          world,
          () => ({}),
          ({ checks, round }) =>
            checks === "head" && round === 1 ? [{ run: "npm ci", exitCode: 1, tail: "no such version" }] : []
        )
        const events = yield* history(yield* create())
        assert.deepStrictEqual(outcomes(events), [["failed", "passed", "passed"], ["passed", "passed"]])
        assert.include(promptOf(world, 2), "no such version")
      })
    ))
})

describe("a repository", () => {
  it.effect("without checks is said to have none, and no sandbox is made for them", () =>
    withServer((world) =>
      Effect.gen(function*() {
        const events = yield* history(yield* create())
        assert.strictEqual(facts(events, "VerifyHeld")[0]?.verification.outcome, "none")
        assert.deepStrictEqual(checkRuns(world), [])
        assert.include(world.remote.proposals[0]?.body, "**Not verified**: the repository has no checks")
      })
    ))

  it.effect("whose checks are switched off is not verified, which is said", () =>
    withServer((world) =>
      Effect.gen(function*() {
        scriptChecks(world, () => ({ [test]: 1 }))
        const events = yield* history(yield* create())
        assert.strictEqual(facts(events, "VerifyHeld")[0]?.verification.outcome, "skipped")
        assert.deepStrictEqual(checkRuns(world), [])
        assert.include(world.remote.proposals[0]?.body, "OPENTL\\_VERIFY=off")
      }), { verify: "off" }))
})
