import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { CommitId } from "../../../src/domain/Ids.ts"
import type { Repository } from "../../../src/domain/Repository.ts"
import * as CommitCache from "../../../src/services/git/CommitCache.ts"
import { GitError } from "../../../src/services/git/Repositories.ts"

const app = (name = "app"): Repository => ({ _tag: "GitHub", owner: "acme", name })
const one = CommitId.make("1".repeat(40))
const two = CommitId.make("2".repeat(40))

/** A cache, and what it has read. */
const make = (capacity: number) =>
  Effect.gen(function*() {
    const asked: Array<string> = []
    const read = yield* CommitCache.make(
      capacity,
      (repo, commit) =>
        Effect.zipRight(
          Effect.repeatN(Effect.yieldNow(), 3),
          Effect.sync(() => asked.push(`${repo._tag === "GitHub" ? repo.name : repo.path} ${commit[0]}`))
        )
    )
    return { asked, read }
  })

describe("what was read of a commit", () => {
  it.effect("is read once for each repository and commit", () =>
    Effect.gen(function*() {
      const { asked, read } = yield* make(8)
      yield* Effect.all([read(app(), one), read(app(), one), read(app(), two), read(app("web"), one)])
      yield* read(app(), one)
      yield* read({ _tag: "Local", path: "/r" }, one)
      assert.deepStrictEqual([...asked].sort(), ["/r 1", "app 1", "app 2", "web 1"])
    }))

  it.effect("is kept of so many commits and no more", () =>
    Effect.gen(function*() {
      const { asked, read } = yield* make(1)
      yield* read(app(), one)
      yield* read(app(), two)
      yield* read(app(), one)
      assert.deepStrictEqual(asked, ["app 1", "app 2", "app 1"])
    }))

  it.effect("takes one place however often it is asked for", () =>
    Effect.gen(function*() {
      const { asked, read } = yield* make(2)
      for (const commit of [one, two, two, two, one]) yield* read(app(), commit)
      assert.deepStrictEqual(asked, ["app 1", "app 2"])
    }))

  it.effect("is read by each of those who ask at the same time: one that is interrupted takes no other with it", () =>
    Effect.gen(function*() {
      const { asked, read } = yield* make(8)
      const first = yield* Effect.fork(read(app(), one))
      const second = yield* Effect.fork(read(app(), one))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(first)
      yield* Fiber.join(second)
      assert.deepStrictEqual(asked, ["app 1"])
    }))

  it.effect("is asked for again after a failure", () =>
    Effect.gen(function*() {
      let asked = 0
      const read = yield* CommitCache.make(8, () =>
        Effect.suspend(() =>
          ++asked === 1 ? Effect.fail(new GitError({ operation: "read", reason: "lost" })) : Effect.succeed(asked)
        ))
      yield* Effect.flip(read(app(), one))
      assert.strictEqual(yield* read(app(), one), 2)
    }))
})
