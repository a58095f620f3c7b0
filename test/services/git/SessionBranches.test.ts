import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { BranchName, type CommitId } from "../../../src/domain/Ids.ts"
import * as Git from "../../support/Git.ts"
import { branch, firstTurn, mirrorIn, setup, withRepositories } from "../../support/GitSession.ts"

/** Commits a file on top of a commit, as the session's branch at the remote; nothing is checked out there. */
const pushed = (origin: string, parent: string, name: string) =>
  Effect.gen(function*() {
    yield* Git.git(origin, "checkout", "--quiet", "--detach", parent)
    const commit = yield* Git.commit(origin, { [name]: `${name}\n` })
    yield* Git.git(origin, "branch", "--force", branch, commit)
    yield* Git.git(origin, "checkout", "--quiet", "main")
    return commit
  })

/** As another author: git's environment names the committer. */
const as = <E, R>(origin: string, name: string, commits: Effect.Effect<CommitId, E, R>) =>
  Effect.gen(function*() {
    yield* commits
    yield* Git.git(origin, "checkout", "--quiet", "--detach", branch)
    yield* Git.git(origin, "commit", "--quiet", "--amend", "--no-edit", `--author=${name} <who@example.org>`)
    yield* Git.git(origin, "branch", "--force", branch, "HEAD")
    yield* Git.git(origin, "checkout", "--quiet", "main")
    return yield* Git.commitOf(origin, branch)
  })

layer(NodeContext.layer, { excludeTestServices: true })("SessionBranches", (it) => {
  it.scoped("prepares the default branch, another one, and says when there is none", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const first = yield* repositories.prepare(repo, firstTurn())
          assert.deepStrictEqual(first, {
            base: BranchName.make("main"),
            commit: yield* Git.commitOf(origin, "main"),
            start: Option.none(),
            change: Option.none()
          })
          yield* Git.git(origin, "checkout", "--quiet", "-b", "next")
          const next = yield* Git.commit(origin, { "b.txt": "b\n" })
          const second = yield* repositories.prepare(repo, firstTurn(BranchName.make("next")))
          assert.strictEqual(second.commit, next)
          const missing = yield* Effect.flip(repositories.prepare(repo, firstTurn(BranchName.make("gone"))))
          assert.strictEqual(missing._tag, "BranchNotFound")
          assert.include(missing.message, "has no branch gone")
        }))
    }))

  it.scoped("follows branches that are deleted, forced back and turned into directories", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          yield* Git.git(origin, "branch", "topic")
          yield* Git.commit(origin, { "c.txt": "c\n" })
          yield* repositories.prepare(repo, firstTurn(BranchName.make("topic")))
          yield* Git.git(origin, "branch", "--delete", "topic")
          yield* Git.git(origin, "branch", "topic/one")
          yield* Git.git(origin, "reset", "--quiet", "--hard", "HEAD~1")
          const { commit } = yield* repositories.prepare(repo, firstTurn(BranchName.make("main")))
          assert.strictEqual(commit, yield* Git.commitOf(origin, "main"))
          yield* repositories.prepare(repo, firstTurn(BranchName.make("topic/one")))
          assert.strictEqual(
            (yield* Effect.flip(repositories.prepare(repo, firstTurn(BranchName.make("topic")))))._tag,
            "BranchNotFound"
          )
        }))
    }))

  it.scoped("refuses a path that is no repository, an empty one, and a shallow clone", () =>
    Effect.gen(function*() {
      const { dataDir, origin } = yield* setup
      const empty = yield* Git.temporary
      yield* Git.git(empty, "init", "--quiet", "--initial-branch=main")
      yield* Git.commit(origin, { "d.txt": "d\n" })
      const shallow = `${yield* Git.temporary}/shallow`
      yield* Git.git(origin, "clone", "--quiet", "--depth=1", `file://${origin}`, shallow)
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const none = yield* Effect.flip(repositories.prepare(Git.local(`${origin}/src`), firstTurn()))
          assert.strictEqual(none._tag, "RepositoryNotFound")
          const absent = yield* Effect.flip(repositories.prepare(Git.local("/nonexistent/repository"), firstTurn()))
          assert.strictEqual(absent._tag, "RepositoryNotFound")
          const noCommit = yield* Effect.flip(repositories.prepare(Git.local(empty), firstTurn()))
          assert.include(noCommit.message, "has no commit on main yet")
          const part = yield* Effect.flip(repositories.prepare(Git.local(shallow), firstTurn()))
          assert.include(part.message, "is a shallow clone")
        }))
    }))

  it.scoped("notices that a repository that it knew is gone, and that its HEAD is no branch", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      const fs = yield* FileSystem.FileSystem
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, firstTurn())
          yield* Git.git(origin, "checkout", "--quiet", "--detach")
          const detached = yield* Effect.flip(repositories.prepare(repo, firstTurn()))
          assert.include(detached.message, "has a detached HEAD")
          assert.strictEqual((yield* repositories.prepare(repo, firstTurn(BranchName.make("main")))).commit, commit)
          yield* fs.remove(`${origin}/.git`, { recursive: true })
          const gone = yield* Effect.flip(repositories.prepare(repo, firstTurn(BranchName.make("main"))))
          assert.strictEqual(gone._tag, "RepositoryNotFound")
        }))
    }))

  it.scoped("takes in what people pushed to the session's branch, and says who and how many commits", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { base, commit } = yield* repositories.prepare(repo, firstTurn())
          const ours = yield* pushed(origin, commit, "ours.txt")
          const known = { branch, wantedBase: undefined, origin: { base, commit }, remoteTip: ours }
          assert.deepStrictEqual(yield* repositories.prepare(repo, known), {
            base,
            commit,
            start: Option.some(ours),
            change: Option.none()
          })
          yield* as(origin, "Ada", pushed(origin, ours, "one.txt"))
          const theirs = yield* as(origin, "Bob\u001b[31m", pushed(origin, branch, "two.txt"))
          assert.deepStrictEqual(yield* repositories.prepare(repo, known), {
            base,
            commit,
            start: Option.some(theirs),
            change: Option.some({
              change: "pushed" as const,
              commit: theirs,
              commits: 2,
              authors: ["Bob [31m", "Ada"]
            })
          })
          // a branch that the session itself never pushed is a person's from its fork on
          const { change: all } = yield* repositories.prepare(repo, { ...known, remoteTip: undefined })
          assert.deepInclude(Option.getOrThrow(all), { change: "pushed", commits: 3 })
          // once it is known, it is no news
          const { change } = yield* repositories.prepare(repo, { ...known, remoteTip: theirs })
          assert.deepStrictEqual(change, Option.none())
        }))
    }))

  it.scoped("measures from where the branch forks now: what came in from the base is not counted as a person's", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { base, commit } = yield* repositories.prepare(repo, firstTurn())
          const ours = yield* pushed(origin, commit, "ours.txt")
          for (const name of ["m1.txt", "m2.txt", "m3.txt"]) yield* Git.commit(origin, { [name]: "m\n" })
          const main = yield* Git.commitOf(origin, "main")
          yield* Git.git(origin, "checkout", "--quiet", "--detach", ours)
          yield* Git.git(origin, "merge", "--quiet", "--message", "Update branch", "main")
          const merged = yield* Git.commitOf(origin, "HEAD")
          yield* Git.git(origin, "branch", "--force", branch, merged)
          const prepared = yield* repositories.prepare(repo, {
            branch,
            wantedBase: undefined,
            origin: { base, commit },
            remoteTip: ours
          })
          assert.strictEqual(prepared.commit, main)
          assert.deepInclude(Option.getOrThrow(prepared.change), { change: "pushed", commits: 1 })
          assert.strictEqual((yield* repositories.diff(repo, prepared.commit, merged)).files, 1)
        }))
    }))

  it.scoped("takes a rewritten branch as it is, makes a deleted one again, and outlives its base branch", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          yield* Git.git(origin, "branch", "topic")
          const wantedBase = BranchName.make("topic")
          const { commit } = yield* repositories.prepare(repo, firstTurn(wantedBase))
          const ours = yield* pushed(origin, commit, "ours.txt")
          const known = { branch, wantedBase, origin: { base: wantedBase, commit }, remoteTip: ours }
          yield* repositories.prepare(repo, known)
          const theirs = yield* as(origin, "Ada", pushed(origin, commit, "theirs.txt"))
          const rewritten = yield* repositories.prepare(repo, known)
          assert.deepStrictEqual(rewritten.start, Option.some(theirs))
          assert.deepStrictEqual(
            rewritten.change,
            Option.some({ change: "rewritten" as const, commit: theirs, commits: 1, authors: ["Ada"] })
          )
          yield* Git.git(origin, "branch", "--delete", "--force", branch, "topic")
          const deleted = yield* repositories.prepare(repo, { ...known, remoteTip: theirs })
          assert.deepStrictEqual(deleted, {
            base: wantedBase,
            commit,
            start: Option.some(theirs),
            change: Option.some({ change: "deleted" as const, commit: theirs, commits: 0, authors: [] })
          })
        }))
    }))

  it.scoped("begins at the base again where neither remote nor mirror has the branch any more", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      const fs = yield* FileSystem.FileSystem
      const { base, commit } = yield* withRepositories(
        dataDir,
        (repositories) => repositories.prepare(repo, firstTurn())
      )
      const ours = yield* pushed(origin, commit, "ours.txt")
      yield* Git.git(origin, "branch", "--delete", "--force", branch)
      yield* fs.remove(yield* mirrorIn(dataDir), { recursive: true })
      const known = { branch, wantedBase: undefined, origin: { base, commit }, remoteTip: ours }
      assert.deepStrictEqual(yield* withRepositories(dataDir, (repositories) => repositories.prepare(repo, known)), {
        base,
        commit,
        start: Option.none(),
        change: Option.none()
      })
    }))
})
