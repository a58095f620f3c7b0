/** How many tests the checks run, here and on the base: on the real actors; what the sandboxes report is written here. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { type CheckEnd, CheckReportJson } from "../../../src/domain/CheckRun.ts"
import type { TestCounts } from "../../../src/domain/TestCounts.ts"
import * as Verification from "../../../src/domain/Verification.ts"
import type { RunId } from "../../../src/services/sandbox/Sandbox.ts"
import { added, type Change, diffOf } from "../../support/Patches.ts"
import { create, endings, history, withServer, type World } from "../../support/TestApp.ts"
import { changed, deleted } from "../../support/Weakening.ts"
import { askedOf, lint, scripts, test } from "./VerifyKit.ts"

const encode = Schema.encodeSync(CheckReportJson)

const counts = (passed: number, skipped = 0): TestCounts => ({ passed, failed: 0, skipped, total: passed + skipped })

const passes = (tests?: TestCounts): CheckEnd => ({
  exitCode: 0,
  seconds: 2,
  tail: "",
  ...(tests === undefined ? {} : { tests })
})

/** Lets the checks of each run end so; a run without ends is lost. */
const script = (
  world: World,
  change: Change,
  endsOf: (run: RunId) => Readonly<Record<string, CheckEnd>> | undefined
) => {
  world.remote.files = scripts
  world.remote.diff = () => diffOf([change])
  const agents = world.engine.script
  world.engine.script = (run) => {
    if (run.checks === undefined) return agents(run)
    const ends = endsOf(run)
    const spec = world.engine.specs.at(-1)
    const asked = spec === undefined ? [] : askedOf(spec)
    return ends === undefined
      ? { exitCode: 137 }
      : { exitCode: 0, report: encode({ installs: [], commands: asked.map((line) => ends[line] ?? passes()) }) }
  }
}

const baseRuns = (world: World) =>
  world.engine.specs.flatMap((spec) => spec.run.checks === "base" ? [askedOf(spec)] : [])

const verified = (id: Parameters<typeof history>[0]) =>
  Effect.zipRight(history(id), Effect.flatMap(Sessions, (sessions) => sessions.verification(id)))

const promptsFor = (world: World, purpose: string) =>
  world.model.asked.filter((asked) => asked.purpose === purpose).map(({ prompt }) => prompt)

describe("where a change removes tests, what runs is compared with the base", () => {
  it.effect("and fewer are told in the event, to the reviewer and in the pull request", () =>
    withServer((world) =>
      Effect.gen(function*() {
        script(world, deleted("a.test.ts", "it(\"a\", f)"), ({ checks }) => ({
          [test]: passes(checks === "head" ? counts(3, 2) : counts(120))
        }))
        const id = yield* create()
        const report = yield* verified(id)
        assert.strictEqual(report.outcome, "passed")
        assert.deepInclude(report.commands[1], { tests: counts(3, 2), baseTests: counts(120), baseExitCode: 0 })
        assert.deepStrictEqual(report.weakened, [
          { file: "test", what: "120 → 3 tests run, 0 → 2 tests skipped" },
          { file: "a.test.ts", what: "test file deleted, with 1 test" }
        ])
        const shown = Verification.show(report)
        assert.include(shown, "✓ test: passed, 2 s, tests: 120 → 3, 0 → 2 skipped\n! test: 120 → 3 tests run")
        const [prompt = ""] = promptsFor(world, "review")
        assert.include(prompt, "tests: 120 → 3, 0 → 2 skipped")
        assert.include(prompt, "- test: 120 → 3 tests run, 0 → 2 tests skipped")
        const body = world.remote.proposals[0]?.body ?? ""
        assert.include(body, "| check | with this change | on the base | tests | time |\n|---|---|---|---|---|\n")
        assert.include(body, "| `npm run test` | passed | passes | 120 → 3, 0 → 2 skipped | 2 s |")
        assert.include(body, "- `test`: may weaken the checks: 120 → 3 tests run, 0 → 2 tests skipped")
      })
    ))

  it.effect("once for a base, with the checks before it, whose files it may need", () =>
    withServer((world) =>
      Effect.gen(function*() {
        script(world, changed("a.test.ts", ["-x", "+y"]), () => ({ [test]: passes(counts(5)) }))
        const first = yield* verified(yield* create())
        assert.isUndefined(first.weakened)
        assert.deepStrictEqual(first.commands[1]?.baseTests, counts(5))
        yield* verified(yield* create())
        assert.deepStrictEqual(baseRuns(world), [[lint, test]])
      })
    ))

  it.effect("also where another configuration hides the count", () =>
    withServer((world) =>
      Effect.gen(function*() {
        script(
          world,
          changed("package.json", ["-  \"x\": 1", "+  \"x\": 2"]),
          ({ checks }) => checks === "head" ? {} : { [test]: passes(counts(7)) }
        )
        const report = yield* verified(yield* create())
        assert.deepStrictEqual(report.weakened, [{ file: "test", what: "7 tests on the base, and no count here" }])
      })
    ))

  it.effect("and the verification holds without it where the base's sandbox is lost", () =>
    withServer((world) =>
      Effect.gen(function*() {
        script(
          world,
          changed("a.test.ts", ["-x", "+y"]),
          ({ checks }) => checks === "head" ? { [test]: passes(counts(5)) } : undefined
        )
        const id = yield* create()
        const report = yield* verified(id)
        assert.deepStrictEqual(endings(yield* history(id)), ["complete"])
        assert.strictEqual(report.outcome, "passed")
        assert.strictEqual(baseRuns(world).length, 2)
        assert.isUndefined(report.commands[1]?.baseTests)
      })
    ))
})

describe("the base is not asked", () => {
  for (
    const [name, change, tests] of [
      ["by a change that only adds tests", added("b.test.ts", "it(\"b\", f)"), counts(6)],
      ["where no runner says how many", changed("a.test.ts", ["-x", "+y"]), undefined]
    ] as const
  ) {
    it.effect(name, () =>
      withServer((world) =>
        Effect.gen(function*() {
          script(world, change, () => ({ [test]: passes(tests) }))
          const report = yield* verified(yield* create())
          assert.deepStrictEqual(baseRuns(world), [])
          assert.strictEqual(
            Verification.testsText(report.commands[1] ?? assert.fail()),
            tests === undefined ? "" : "6"
          )
        })
      ))
  }
})

describe("a check whose program is missing", () => {
  const absent = (line: string): CheckEnd => ({ exitCode: 127, seconds: 0, tail: `${line}: not found`, missing: line })

  it.effect("on the base as well was not run, with the reason where people look", () =>
    withServer((world) =>
      Effect.gen(function*() {
        script(world, added("b.ts", "b"), () => ({ [lint]: absent("npm") }))
        const report = yield* verified(yield* create())
        assert.strictEqual(report.outcome, "passed")
        assert.deepInclude(report.commands[0], { outcome: "not_run", reason: "npm is not in the sandbox's image" })
        assert.strictEqual(Verification.headline(report), "verified: 1 of 2 checks pass, 1 was not run")
        assert.include(Verification.show(report), "· lint: not run: npm is not in the sandbox's image\n")
        const body = world.remote.proposals[0]?.body ?? ""
        assert.include(body, "| `npm run lint` | not run: npm is not in the sandbox's image |  |  |")
      })
    ))

  it.effect("is not verified where nothing else was run", () =>
    withServer((world) =>
      Effect.gen(function*() {
        script(world, added("b.ts", "b"), () => ({ [lint]: absent("npm"), [test]: absent("npm") }))
        const report = yield* verified(yield* create())
        assert.strictEqual(report.outcome, "none")
        const reason = "not verified: no check could be run (npm is not in the sandbox's image)"
        assert.strictEqual(Verification.headline(report), reason)
        assert.include(world.remote.proposals[0]?.body, "**not verified** · ")
      })
    ))

  it.effect("with the change alone has failed: the change has taken it away", () =>
    withServer((world) =>
      Effect.gen(function*() {
        script(
          world,
          added("b.ts", "b"),
          ({ checks }): Record<string, CheckEnd> => checks === "head" ? { [test]: absent("pytest") } : {}
        )
        const report = yield* verified(yield* create())
        assert.deepInclude(report.commands[1], { outcome: "failed", exitCode: 127, baseExitCode: 0 })
        assert.isTrue(world.remote.proposals[0]?.draft)
      }), { rounds: 1 }))
})

describe("checks that are ended over a limit", () => {
  it.effect("name the one that ran, with the ends of those before it", () =>
    withServer((world) =>
      Effect.gen(function*() {
        script(world, added("b.ts", "b"), () => ({}))
        const agents = world.engine.script
        const limit = "the session used more than 10 GiB of disk"
        world.engine.script = (run) =>
          run.checks === "head"
            ? { overLimit: limit, report: encode({ installs: [], commands: [passes(counts(3))], running: 1 }) }
            : agents(run)
        const report = yield* verified(yield* create())
        assert.deepStrictEqual(report.commands.map(({ name, outcome }) => [name, outcome]), [
          ["lint", "passed"],
          ["test", "failed"]
        ])
        assert.deepInclude(report.commands[1], { exitCode: 137, reason: limit })
        assert.include(world.remote.proposals[0]?.body, `**failed** (exit code 137): ${limit}`)
      }), { rounds: 1 }))
})
