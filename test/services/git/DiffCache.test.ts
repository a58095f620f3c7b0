import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { CommitId } from "../../../src/domain/Ids.ts"
import type { Repository } from "../../../src/domain/Repository.ts"
import * as DiffCache from "../../../src/services/git/DiffCache.ts"
import { GitError } from "../../../src/services/git/Repositories.ts"
import { added, diffOf } from "../../support/Patches.ts"

const app: Repository = { _tag: "GitHub", owner: "acme", name: "app" }
const web: Repository = { _tag: "GitHub", owner: "acme", name: "web" }
const base = CommitId.make("0".repeat(40))
const commit = (digit: number) => CommitId.make(String(digit).repeat(40))

/** A cache of so many characters, and what was compared. A commit's diff has a thousand characters for each of its digit. */
const make = (limit: number) =>
  Effect.gen(function*() {
    const asked: Array<string> = []
    const diff = yield* DiffCache.make(limit, (repo, from, to) =>
      Effect.sync(() => {
        asked.push(`${repo._tag === "GitHub" ? repo.name : repo.path} ${from[0]}-${to[0]}`)
        return diffOf([added("a.txt", "x".repeat(1000 * Number(to[0])))])
      }))
    return { asked, diff }
  })

describe("the diff of two commits", () => {
  it.effect("is made once for each repository and pair, however often it is asked for", () =>
    Effect.gen(function*() {
      const { asked, diff } = yield* make(100_000)
      for (const _ of [1, 2, 3]) {
        assert.include((yield* diff(app, base, commit(1))).patch, "x".repeat(1000))
        yield* diff(app, base, commit(2))
        yield* diff(app, commit(1), commit(2))
        yield* diff(web, base, commit(1))
      }
      assert.deepStrictEqual(asked, ["app 0-1", "app 0-2", "app 1-2", "web 0-1"])
    }))

  it.effect("is kept as long as there is room, the one that was asked for last before others", () =>
    Effect.gen(function*() {
      const { asked, diff } = yield* make(6000)
      yield* diff(app, base, commit(2))
      yield* diff(app, base, commit(1))
      yield* diff(app, base, commit(2))
      yield* diff(app, base, commit(3))
      yield* diff(app, base, commit(2))
      yield* diff(app, base, commit(1))
      assert.deepStrictEqual(asked, ["app 0-2", "app 0-1", "app 0-3", "app 0-1"])
    }))

  it.effect("is not kept where it is too long, and takes no other's room", () =>
    Effect.gen(function*() {
      const { asked, diff } = yield* make(6000)
      yield* diff(app, base, commit(1))
      yield* diff(app, base, commit(9))
      yield* diff(app, base, commit(9))
      yield* diff(app, base, commit(1))
      assert.deepStrictEqual(asked, ["app 0-1", "app 0-9", "app 0-9"])
    }))

  it.effect("is asked for again after a failure", () =>
    Effect.gen(function*() {
      let asked = 0
      const diff = yield* DiffCache.make(6000, () =>
        Effect.suspend(() =>
          ++asked === 1 ? new GitError({ operation: "diff", reason: "gone" }) : Effect.succeed(diffOf([]))
        ))
      yield* Effect.flip(diff(app, base, commit(1)))
      assert.strictEqual((yield* diff(app, base, commit(1))).patch, "")
    }))
})
