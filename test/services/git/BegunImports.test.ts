/** What was read of a result before its import was asked for: used by that import, and by no other. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { BranchName, CommitId, SessionId } from "../../../src/domain/Ids.ts"
import * as BegunImports from "../../../src/services/git/BegunImports.ts"
import type { ResultBundle } from "../../../src/services/git/Repositories.ts"

const commit = (digit: string) => CommitId.make(digit.repeat(40))

const result: ResultBundle = {
  session: SessionId.make("0123456789ab"),
  branch: BranchName.make("opentl/0123456789ab"),
  start: commit("1")
}

const setup = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const bundle = `${yield* fs.makeTempDirectoryScoped()}/result.bundle`
  yield* fs.writeFileString(bundle, "a bundle")
  const closed = yield* Deferred.make<void>()
  /** What reads the bundle, and has to tidy up behind itself. */
  const read = Effect.as(Effect.addFinalizer(() => Deferred.succeed(closed, undefined)), "what was read")
  return { begun: yield* BegunImports.make<string>(), bundle, closed, fs, read }
})

const test = <A, E>(name: string, body: Effect.Effect<A, E, FileSystem.FileSystem | Scope>) =>
  it.scoped(name, () => Effect.provide(body, NodeContext.layer))

type Scope = Effect.Effect.Context<typeof setup>

describe("a result that began to be read", () => {
  test(
    "is used by its import, once, and stays until that is over",
    Effect.gen(function*() {
      const { begun, bundle, closed, read } = yield* setup
      yield* begun.begin(bundle, result, read)
      const used = yield* Effect.scoped(
        Effect.zip(begun.take(bundle, result), Effect.suspend(() => Deferred.isDone(closed)))
      )
      assert.deepStrictEqual(used, [Option.some("what was read"), false])
      yield* Deferred.await(closed)
      assert.deepStrictEqual(yield* begun.take(bundle, result), Option.none())
    })
  )

  const others: Readonly<Record<string, Partial<ResultBundle>>> = {
    "starts elsewhere": { start: commit("2") },
    "is put on another commit": { parent: commit("2") },
    "is of another branch": { branch: BranchName.make("opentl/other") },
    "is of another session": { session: SessionId.make("ba9876543210") }
  }
  for (const [which, other] of Object.entries(others)) {
    test(
      `is not used by an import that ${which}`,
      Effect.gen(function*() {
        const { begun, bundle, read } = yield* setup
        yield* begun.begin(bundle, result, read)
        assert.deepStrictEqual(yield* begun.take(bundle, { ...result, ...other }), Option.none())
      })
    )
  }

  test(
    "is not used where another run has left another file in its place",
    Effect.gen(function*() {
      const { begun, bundle, fs, read } = yield* setup
      yield* begun.begin(bundle, result, read)
      yield* fs.rename(bundle, `${bundle}.old`)
      yield* fs.writeFileString(bundle, "a bundle")
      assert.deepStrictEqual(yield* begun.take(bundle, result), Option.none())
    })
  )

  test(
    "is of no use where it could not be read: its import finds out why",
    Effect.gen(function*() {
      const { begun, bundle } = yield* setup
      yield* begun.begin(bundle, result, Effect.fail("unreadable"))
      assert.deepStrictEqual(yield* begun.take(bundle, result), Option.none())
      yield* begun.begin(bundle, result, Effect.die("a fault of ours"))
      assert.deepStrictEqual(yield* begun.take(bundle, result), Option.none())
      yield* begun.begin(`${bundle}.missing`, result, Effect.succeed("nothing"))
      assert.deepStrictEqual(yield* begun.take(`${bundle}.missing`, result), Option.none())
    })
  )

  test(
    "is forgotten when no import has come within a minute",
    Effect.gen(function*() {
      const { begun, bundle, closed, read } = yield* setup
      yield* begun.begin(bundle, result, read)
      yield* TestClock.adjust("59 seconds")
      assert.isFalse(yield* Deferred.isDone(closed))
      yield* TestClock.adjust("1 second")
      yield* Deferred.await(closed)
      assert.deepStrictEqual(yield* begun.take(bundle, result), Option.none())
    })
  )

  test(
    "gives way to the next one of its session",
    Effect.gen(function*() {
      const { begun, bundle, closed, fs, read } = yield* setup
      yield* begun.begin(bundle, result, read)
      yield* fs.writeFileString(`${bundle}.next`, "another bundle")
      yield* begun.begin(`${bundle}.next`, result, Effect.succeed("the next"))
      yield* Deferred.await(closed)
      assert.deepStrictEqual(yield* begun.take(`${bundle}.next`, result), Option.some("the next"))
    })
  )

  test(
    "stays for its import when that begins just before the minute is over",
    Effect.gen(function*() {
      const { begun, bundle, closed, read } = yield* setup
      yield* begun.begin(bundle, result, read)
      yield* TestClock.adjust("59 seconds")
      yield* Effect.scoped(
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* begun.take(bundle, result), Option.some("what was read"))
          yield* TestClock.adjust("2 seconds")
          assert.isFalse(yield* Deferred.isDone(closed), "it was taken away while it was in use")
        })
      )
    })
  )

  test(
    "is waited for by its import however long the reading takes, and not read a second time",
    Effect.gen(function*() {
      const { begun, bundle, read } = yield* setup
      yield* begun.begin(bundle, result, Effect.delay(read, "70 seconds"))
      const taken = yield* Effect.fork(Effect.scoped(begun.take(bundle, result)))
      yield* TestClock.adjust("71 seconds")
      assert.deepStrictEqual(yield* Fiber.join(taken), Option.some("what was read"))
    })
  )
})
