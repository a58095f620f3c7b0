/** How every kind of sandbox ends a round that takes too much. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { lineCost } from "../../../src/services/sandbox/OutputLimit.ts"
import type { RunExit } from "../../../src/services/sandbox/Sandbox.ts"
import { type Declare, declareOn, type MakeSubject } from "./SandboxSession.ts"

const kib = 1024
const mib = 1024 ** 2

/** What an output counts towards its limit. */
const costOf = (output: string): number => output.length + (output.split("\n").length - 1) * lineCost

const tooLong = (limit: string): RunExit => ({
  code: 137,
  reason: `the round printed more than OPENTL_OUTPUT_LIMIT allows (${limit}) and was ended`,
  overLimit: true
})

const tooLarge = (limit: string): RunExit => ({
  code: 137,
  reason: `the round used more disk than OPENTL_DISK allows (${limit}): it was ended, and its workspace removed`,
  overLimit: true
})

/** Shell that writes so many files of 8 MiB. */
const writeFiles = (count: number, directory: string) =>
  `for i in $(seq ${count}); do head -c 8388608 /dev/zero >${directory}/$i; done`

export const limitsConformance = <E, R>(declare: Declare<R>, makeSubject: MakeSubject<E, R>) => {
  const test = declareOn(declare, makeSubject)

  test(
    "a round that prints without end is ended, and what came before is kept",
    ({ runAgent, sandbox, session }) =>
      Effect.gen(function*() {
        const { exit, output } = yield* runAgent(1, "echo first; yes")
        assert.deepStrictEqual(exit, tooLong("64 KiB"))
        assert.include(output, "\nfirst\ny\ny\n")
        assert.isAtMost(costOf(output), 64 * kib)
        assert.isAtLeast(costOf(`${output}y\n`), 64 * kib)
        yield* sandbox.removeRuns(session)
        assert.isTrue(yield* sandbox.hasRepository(session))
      }),
    { outputBytes: 64 * kib }
  )

  test(
    "another server reads the same output of it, and tells the same end",
    ({ outputOf, runAgent }, subject) =>
      Effect.gen(function*() {
        const { exit, output, run } = yield* runAgent(1, "yes '' ")
        const another = yield* subject.open
        assert.strictEqual(yield* outputOf(run, another), output)
        assert.deepStrictEqual(yield* another.exit(run), exit)
        assert.deepStrictEqual(exit, tooLong("70 KiB"))
      }),
    { outputBytes: 70 * kib }
  )

  test(
    "a round that printed far too much while nobody read is over the limit, too",
    ({ outputOf, round, sandbox, specOf }) =>
      Effect.gen(function*() {
        const run = round(1)
        yield* sandbox.start(specOf(run, "seq 300000; seq 300000"))
        yield* sandbox.exit(run)
        const output = yield* outputOf(run)
        assert.isAtMost(costOf(output), 64 * kib)
        assert.deepStrictEqual(yield* sandbox.exit(run), tooLong("64 KiB"))
        assert.strictEqual(yield* outputOf(run), output)
      }),
    { outputBytes: 64 * kib }
  )

  test(
    "of a round that printed without end while no server was there, all that is within the limit is read later",
    ({ outputOf, round, sandbox, specOf }, subject) =>
      Effect.gen(function*() {
        const run = round(1)
        // far more than any log keeps, and no line feed in it
        yield* sandbox.start(specOf(run, "echo first; head -c 150000000 /dev/zero | tr '\\0' x"))
        yield* sandbox.exit(run)
        const another = yield* subject.open
        const output = yield* outputOf(run, another)
        assert.match(output, /^###OPENTL_STATUS### [\s\S]*\nfirst\nx+$/)
        assert.strictEqual(costOf(output), 64 * kib)
        assert.deepStrictEqual(yield* another.exit(run), tooLong("64 KiB"))
      }),
    { outputBytes: 64 * kib }
  )

  test("output within the limit is whole, whatever it is made of", ({ runAgent }) =>
    Effect.gen(function*() {
      // the worst for a log in JSON: each byte is six there
      const { exit, output } = yield* runAgent(1, "head -c 900000 /dev/zero | tr '\\0' '\\1'; echo; echo last")
      assert.deepStrictEqual(exit, { code: 0, reason: undefined })
      assert.include(output, `${"\u0001".repeat(900_000)}\nlast\n`)
    }), { outputBytes: mib })

  test(
    "a round that fills the disk is ended, and its workspace is given back",
    ({ runWatched, sandbox, session }) =>
      Effect.gen(function*() {
        const { exit, output } = yield* runWatched(1, `echo writing; ${writeFiles(20, "../home")}; exec sleep 1000`)
        assert.deepStrictEqual(exit, tooLarge("32 MiB"))
        assert.include(output, "\nwriting\n")
        yield* sandbox.removeRuns(session)
        assert.isFalse(yield* sandbox.hasRepository(session))
        assert.deepStrictEqual(yield* sandbox.sessionsWithWorkspaces, [])
        assert.deepStrictEqual(yield* sandbox.sessionsWithRuns, [])
      }),
    { diskBytes: 32 * mib }
  )

  test(
    "very many small files are much disk, too",
    ({ runWatched, sandbox, session }) =>
      Effect.gen(function*() {
        const { exit } = yield* runWatched(1, "mkdir ../home/x; cd ../home/x; seq 20000 | xargs touch; exec sleep 1000")
        assert.deepStrictEqual(exit, tooLarge("32 MiB"))
        yield* sandbox.removeRuns(session)
        assert.deepStrictEqual(yield* sandbox.sessionsWithWorkspaces, [])
      }),
    { diskBytes: 32 * mib }
  )

  test(
    "a round that took too much and ended before anybody looked is over the limit, too",
    ({ runAgent, sandbox, session }) =>
      Effect.gen(function*() {
        const { exit } = yield* runAgent(1, `mkdir -m 0 ../home/closed; ${writeFiles(5, "../home")}`)
        assert.deepStrictEqual(exit, tooLarge("32 MiB"))
        yield* sandbox.removeRuns(session)
        assert.isFalse(yield* sandbox.hasRepository(session))
        assert.deepStrictEqual(yield* sandbox.sessionsWithWorkspaces, [])
      }),
    { diskBytes: 32 * mib }
  )

  test(
    "a session whose workspace was given back begins anew",
    ({ outputOf, round, runWatched, sandbox, session, specOf }) =>
      Effect.gen(function*() {
        yield* runWatched(1, `${writeFiles(20, "../home")}; exec sleep 1000`)
        yield* sandbox.removeRuns(session)
        const [bundle] = specOf(round(1), "true").inputs.slice(-1)
        const spec = specOf(round(2), "cat hello.txt; ls ../home")
        yield* sandbox.start({ ...spec, inputs: [...spec.inputs, ...(bundle === undefined ? [] : [bundle])] })
        assert.match(yield* outputOf(round(2)), /Cloning repository[\s\S]*\nhello\n/)
        assert.deepStrictEqual(yield* sandbox.exit(round(2)), { code: 0, reason: undefined })
      }),
    { diskBytes: 32 * mib }
  )

  test("no file is larger than the limit", ({ runAgent }) =>
    Effect.gen(function*() {
      const { output } = yield* runAgent(1, "head -c 100000000 /dev/zero >big; echo size $(stat -c %s big); rm big")
      assert.include(output, `\nsize ${32 * mib}\n`)
    }), { diskBytes: 32 * mib })

  test("an idle workspace is removed, one with a run is not", ({ runAgent, sandbox, session }) =>
    Effect.gen(function*() {
      yield* runAgent(1, "true")
      assert.isFalse(yield* sandbox.removeIdleWorkspace(session, Effect.succeed(true)))
      assert.isTrue(yield* sandbox.hasRepository(session))
      yield* sandbox.removeRuns(session)
      assert.deepStrictEqual(yield* sandbox.sessionsWithWorkspaces, [session])
      assert.isFalse(yield* sandbox.removeIdleWorkspace(session, Effect.succeed(false)))
      assert.isTrue(yield* sandbox.hasRepository(session))
      assert.isTrue(yield* sandbox.removeIdleWorkspace(session, Effect.succeed(true)))
      assert.isFalse(yield* sandbox.hasRepository(session))
      assert.deepStrictEqual(yield* sandbox.sessionsWithWorkspaces, [])
    }))
}

/** Where nothing but the workspace and the run's own temporary files can be written. */
export const temporaryFilesConformance = <E, R>(declare: Declare<R>, makeSubject: MakeSubject<E, R>) =>
  declareOn(declare, makeSubject)(
    "a round that fills the disk outside of its workspace is ended, too",
    ({ runWatched }) =>
      Effect.gen(function*() {
        const { exit } = yield* runWatched(1, `mkdir /tmp/x; ${writeFiles(20, "/tmp/x")}; exec sleep 1000`)
        assert.deepStrictEqual(exit, tooLarge("32 MiB"))
      }),
    { diskBytes: 32 * mib }
  )
