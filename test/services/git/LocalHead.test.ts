/** What is checked out in a repository on this machine, read from its files; what they do not tell, git is asked. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { BranchName } from "../../../src/domain/Ids.ts"
import * as LocalHead from "../../../src/services/git/LocalHead.ts"
import * as Git from "../../support/Git.ts"

const main = BranchName.make("main")
const other = BranchName.make("other")

/** The branch that the files tell, and whether they say that `main` and `other` are checked out nowhere. */
const told = (path: string) =>
  Effect.gen(function*() {
    const { findBorn, isElsewhere } = yield* LocalHead.make
    return {
      head: Option.getOrUndefined(Option.map(yield* findBorn(path), ({ reference }) => reference)),
      main: yield* isElsewhere(path, main),
      other: yield* isElsewhere(path, other)
    }
  })

const nothing = { head: undefined, main: false, other: false }

layer(NodeContext.layer, { excludeTestServices: true })("the files of a repository", (it) => {
  it.scoped("tell the branch that is checked out, also where references are packed, or there is no working tree", () =>
    Effect.gen(function*() {
      const work = yield* Git.repository()
      const expected = { head: "refs/heads/main", main: false, other: true }
      assert.deepStrictEqual(yield* told(work), expected)
      yield* Git.git(work, "pack-refs", "--all")
      assert.deepStrictEqual(yield* told(work), expected)
      const bare = `${yield* Git.temporary}/bare.git`
      yield* Git.git("/", "clone", "--quiet", "--bare", work, bare)
      assert.deepStrictEqual(yield* told(bare), expected)
      yield* Git.git(work, "checkout", "--quiet", "-b", other)
      assert.deepStrictEqual(yield* told(work), { head: "refs/heads/other", main: true, other: false })
    }))

  it.scoped("tell no branch that has no commit", () =>
    Effect.gen(function*() {
      const work = yield* Git.repository()
      yield* Git.git(work, "branch", "mai/n")
      yield* Git.git(work, "symbolic-ref", "HEAD", "refs/heads/mai")
      assert.deepStrictEqual(yield* told(work), { head: undefined, main: true, other: true })
      yield* Git.git(work, "pack-refs", "--all")
      assert.strictEqual((yield* told(work)).head, undefined)
    }))

  it.scoped("do not tell where the branch that HEAD names is another name of one", () =>
    Effect.gen(function*() {
      const work = yield* Git.repository()
      yield* Git.git(work, "symbolic-ref", "refs/heads/alias", "refs/heads/main")
      yield* Git.git(work, "symbolic-ref", "HEAD", "refs/heads/alias")
      assert.deepStrictEqual(yield* told(work), nothing)
    }))

  it.scoped("do not tell where HEAD is detached, where there are more worktrees, in one of these, or in no repository", () =>
    Effect.gen(function*() {
      const work = yield* Git.repository()
      const worktree = `${yield* Git.temporary}/worktree`
      yield* Git.git(work, "worktree", "add", "--quiet", "-b", other, worktree)
      assert.deepStrictEqual(yield* told(work), { head: "refs/heads/main", main: false, other: false })
      assert.deepStrictEqual(yield* told(worktree), nothing)
      assert.deepStrictEqual(yield* told(`${work}/.git/worktrees/worktree`), nothing)
      yield* Git.git(work, "checkout", "--quiet", "--detach")
      assert.deepStrictEqual(yield* told(work), nothing)
      assert.deepStrictEqual(yield* told(yield* Git.temporary), nothing)
      assert.deepStrictEqual(yield* told("/absent"), nothing)
    }))

  it.scoped("do not tell where references are no files", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const work = yield* Git.repository()
      yield* fs.writeFileString(`${work}/.git/HEAD`, "ref: refs/heads/.invalid\n")
      yield* fs.writeFileString(`${work}/.git/refs/heads/.invalid`, "")
      assert.deepStrictEqual(yield* told(work), nothing)
    }))
})
