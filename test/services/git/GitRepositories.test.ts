import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { BranchName, branchOf, CommitId, SessionId } from "../../../src/domain/Ids.ts"
import { Repositories } from "../../../src/services/git/Repositories.ts"
import * as Git from "../../support/Git.ts"

const session = SessionId.make("0123456789ab")
const branch = branchOf(session)

/** A user's repository, a data directory and the services on it. */
const setup = Effect.gen(function*() {
  const origin = yield* Git.repository({ "README.md": "# Hello\n", "src/a.ts": "export const a = 1\n" })
  const dataDir = yield* Git.temporary
  return { origin, dataDir, repo: Git.local(origin) }
})

const withRepositories = <A, E, R>(
  dataDir: string,
  f: (repositories: Repositories["Type"]) => Effect.Effect<A, E, R>
) => Effect.flatMap(Repositories, f).pipe(Effect.provide(Git.layer({ dataDir })))

/** What an agent in a sandbox does: takes the bundle, works on the branch, and leaves a bundle. */
const sandbox = (bundle: string, files: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const directory = yield* Git.temporary
    yield* Git.git(directory, "clone", "--quiet", "--branch", branch, bundle, "work")
    const work = `${directory}/work`
    const start = yield* Git.commitOf(work, "HEAD")
    const tip = yield* Git.commit(work, files, "Work")
    const out = `${directory}/out.bundle`
    yield* Git.git(work, "bundle", "create", "--quiet", out, `${start}..${branch}`)
    return { work, out, tip }
  })

const mirrorIn = (dataDir: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const names = (yield* fs.readDirectory(`${dataDir}/mirrors`)).filter((name) => name.endsWith(".git"))
    assert.strictEqual(names.length, 1)
    return `${dataDir}/mirrors/${names[0]}`
  })

layer(NodeContext.layer, { excludeTestServices: true })("GitRepositories", (it) => {
  it.scoped("prepares the default branch, another one, and says when there is none", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const first = yield* repositories.prepare(repo, undefined)
          assert.deepStrictEqual(first, { base: BranchName.make("main"), commit: yield* Git.commitOf(origin, "main") })
          yield* Git.git(origin, "checkout", "--quiet", "-b", "next")
          const next = yield* Git.commit(origin, { "b.txt": "b\n" })
          const second = yield* repositories.prepare(repo, BranchName.make("next"))
          assert.strictEqual(second.commit, next)
          const missing = yield* Effect.flip(repositories.prepare(repo, BranchName.make("gone")))
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
          yield* repositories.prepare(repo, BranchName.make("topic"))
          yield* Git.git(origin, "branch", "--delete", "topic")
          yield* Git.git(origin, "branch", "topic/one")
          yield* Git.git(origin, "reset", "--quiet", "--hard", "HEAD~1")
          const { commit } = yield* repositories.prepare(repo, BranchName.make("main"))
          assert.strictEqual(commit, yield* Git.commitOf(origin, "main"))
          yield* repositories.prepare(repo, BranchName.make("topic/one"))
          assert.strictEqual(
            (yield* Effect.flip(repositories.prepare(repo, BranchName.make("topic"))))._tag,
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
          const none = yield* Effect.flip(repositories.prepare(Git.local(`${origin}/src`), undefined))
          assert.strictEqual(none._tag, "RepositoryNotFound")
          const absent = yield* Effect.flip(repositories.prepare(Git.local("/nonexistent/repository"), undefined))
          assert.strictEqual(absent._tag, "RepositoryNotFound")
          const noCommit = yield* Effect.flip(repositories.prepare(Git.local(empty), undefined))
          assert.include(noCommit.message, "has no commit on main yet")
          const part = yield* Effect.flip(repositories.prepare(Git.local(shallow), undefined))
          assert.include(part.message, "is a shallow clone")
        }))
    }))

  it.scoped("takes a round trip through a sandbox: bundle out, work, bundle in, diff, push, again", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, undefined)
          const { out, tip } = yield* sandbox(yield* repositories.exportBundle(repo, branch, commit), {
            "src/a.ts": "export const a = 2\n",
            "src/ü.bin": "\0\u0001\u0002"
          })
          assert.strictEqual(yield* repositories.importBundle(repo, session, out, commit), tip)
          const diff = yield* repositories.diff(repo, commit, tip)
          assert.deepInclude(diff, { files: 2, insertions: 1, deletions: 1 })
          assert.include(diff.patch, "-export const a = 1\n+export const a = 2\n")
          assert.include(diff.patch, "GIT binary patch")
          assert.strictEqual(diff.stat.split("\n").length, 2)
          yield* repositories.push(repo, branch, tip)
          yield* repositories.push(repo, branch, tip)
          assert.strictEqual(yield* Git.commitOf(origin, branch), tip)
          // the next round starts from what was pushed
          const second = yield* sandbox(yield* repositories.exportBundle(repo, branch, tip), { "e.txt": "e\n" })
          const next = yield* repositories.importBundle(repo, session, second.out, tip)
          yield* repositories.push(repo, branch, next)
          assert.strictEqual(yield* Git.commitOf(origin, branch), next)
          assert.strictEqual(yield* Git.commitOf(origin, "main"), commit)
        }))
    }))

  it.scoped("takes a whole history as a bundle too, and the same commit again", () =>
    Effect.gen(function*() {
      const { dataDir, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, undefined)
          const exported = yield* repositories.exportBundle(repo, branch, commit)
          assert.strictEqual(yield* repositories.importBundle(repo, session, exported, commit), commit)
          const { tip, work } = yield* sandbox(exported, { "f.txt": "f\n" })
          yield* Git.git(work, "bundle", "create", "--quiet", "whole.bundle", branch)
          assert.strictEqual(yield* repositories.importBundle(repo, session, `${work}/whole.bundle`, commit), tip)
        }))
    }))

  it.scoped("refuses a forged bundle and takes nothing of it in", () =>
    Effect.gen(function*() {
      const { dataDir, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const { commit } = yield* repositories.prepare(repo, undefined)
          const { tip, work } = yield* sandbox(yield* repositories.exportBundle(repo, branch, commit), {
            "g.txt": "g\n"
          })
          const bundle = (name: string, ...refs: ReadonlyArray<string>) =>
            Effect.as(Git.git(work, "bundle", "create", "--quiet", name, ...refs), `${work}/${name}`)
          const refused = (file: string, reason: string) =>
            Effect.map(Effect.flip(repositories.importBundle(repo, session, file, commit)), (error) => {
              assert.strictEqual(error._tag, "GitError")
              assert.include(error.message, reason)
            })
          yield* Git.git(work, "branch", "main")
          yield* refused(yield* bundle("two.bundle", branch, "main"), "it holds refs/heads/main where only")
          yield* refused(yield* bundle("head.bundle", "HEAD", branch), "it holds HEAD where only")
          yield* refused(yield* bundle("wrong.bundle", "main"), "it holds refs/heads/main where only")
          yield* Git.git(work, "checkout", "--quiet", "--orphan", "stranger")
          const foreign = yield* Git.commit(work, { "h.txt": "h\n" })
          yield* Git.git(work, "branch", "--force", branch, "stranger")
          yield* refused(yield* bundle("unrelated.bundle", branch), "does not continue from")
          yield* Git.git(work, "branch", "--force", branch, commit)
          yield* fs.writeFileString(`${work}/none.bundle`, "not a bundle\n")
          yield* refused(`${work}/none.bundle`, "does not look like a")
          yield* refused(`${work}/missing.bundle`, "the sandbox's result is refused")
          const mirror = yield* mirrorIn(dataDir)
          for (const stranger of [tip, foreign]) {
            assert.strictEqual(
              yield* Git.git(mirror, "cat-file", "--batch-check", "--batch-all-objects").pipe(
                Effect.map((objects) => objects.includes(stranger))
              ),
              false
            )
          }
        }))
    }))

  it.scoped("refuses objects that are malformed", () =>
    Effect.gen(function*() {
      const { dataDir, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, undefined)
          const { work } = yield* sandbox(yield* repositories.exportBundle(repo, branch, commit), { "i.txt": "i\n" })
          // a tree with a `.git` in it would be written over a repository's own at checkout
          const blob = yield* Git.git(work, "rev-parse", "HEAD:i.txt")
          const tree = yield* Git.feed(work, `100644 blob ${blob}\t.git\n`, "mktree")
          const evil = yield* Git.git(work, "commit-tree", tree, "-p", commit, "-m", "evil")
          yield* Git.git(work, "update-ref", `refs/heads/${branch}`, evil)
          yield* Git.git(work, "bundle", "create", "--quiet", "evil.bundle", `${commit}..${branch}`)
          const error = yield* Effect.flip(repositories.importBundle(repo, session, `${work}/evil.bundle`, commit))
          assert.include(error.message, "the sandbox's result is refused")
          assert.include(error.message, "hasDotgit")
        }))
    }))

  it.scoped("never overwrites what others pushed, and names it", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, undefined)
          const { out } = yield* sandbox(yield* repositories.exportBundle(repo, branch, commit), { "j.txt": "j\n" })
          const tip = yield* repositories.importBundle(repo, session, out, commit)
          yield* Git.git(origin, "checkout", "--quiet", "-b", branch)
          const theirs = yield* Git.commit(origin, { "k.txt": "k\n" })
          yield* Git.git(origin, "checkout", "--quiet", "main")
          const error = yield* Effect.flip(repositories.push(repo, branch, tip))
          assert.strictEqual(error._tag, "GitError")
          assert.include(error.message, "commits at the remote that this session does not know")
          assert.strictEqual(yield* Git.commitOf(origin, branch), theirs)
        }))
    }))

  it.scoped("leaves a branch alone that is checked out, in any worktree and whatever the repository allows", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      yield* Git.git(origin, "config", "receive.denyCurrentBranch", "ignore")
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, undefined)
          const { out } = yield* sandbox(yield* repositories.exportBundle(repo, branch, commit), { "l.txt": "l\n" })
          const tip = yield* repositories.importBundle(repo, session, out, commit)
          const main = yield* Effect.flip(repositories.push(repo, BranchName.make("main"), tip))
          assert.include(main.message, "main is checked out in")
          const worktree = `${yield* Git.temporary}/worktree`
          yield* Git.git(origin, "worktree", "add", "--quiet", "-b", branch, worktree)
          const second = yield* Effect.flip(repositories.push(repo, branch, tip))
          assert.include(second.message, `${branch} is checked out in ${worktree}`)
          assert.strictEqual(yield* Git.commitOf(origin, "main"), commit)
          assert.strictEqual(yield* Git.commitOf(origin, branch), commit)
        }))
    }))

  it.scoped("runs the target's hooks, tells what they say, and none of the mirror's", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const { commit } = yield* repositories.prepare(repo, undefined)
          yield* fs.makeDirectory(`${origin}/.git/hooks`, { recursive: true })
          yield* fs.writeFileString(`${origin}/.git/hooks/pre-receive`, "#!/bin/sh\necho 'policy says no'\nexit 1\n")
          yield* fs.chmod(`${origin}/.git/hooks/pre-receive`, 0o755)
          const mirror = yield* mirrorIn(dataDir)
          yield* fs.makeDirectory(`${mirror}/hooks`, { recursive: true })
          yield* fs.writeFileString(`${mirror}/hooks/reference-transaction`, `#!/bin/sh\ntouch ${dataDir}/hooked\n`)
          yield* fs.chmod(`${mirror}/hooks/reference-transaction`, 0o755)
          yield* repositories.exportBundle(repo, branch, commit)
          const error = yield* Effect.flip(repositories.push(repo, branch, commit))
          assert.include(error.message, "pre-receive hook declined")
          assert.include(error.message, "policy says no")
          assert.isFalse(yield* fs.exists(`${dataDir}/hooked`))
        }))
    }))

  it.scoped("heals a mirror that a killed process left: half-made, locked, with half a pack, or damaged", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      const fs = yield* FileSystem.FileSystem
      const prepare = withRepositories(dataDir, (repositories) => repositories.prepare(repo, undefined))
      const first = yield* prepare
      const mirror = yield* mirrorIn(dataDir)

      yield* fs.writeFileString(`${mirror}/packed-refs.lock`, "")
      yield* fs.writeFileString(`${mirror}/config.lock`, "")
      yield* fs.writeFileString(`${mirror}/refs/remotes/origin/main.lock`, "")
      yield* fs.makeDirectory(`${mirror}/objects/pack`, { recursive: true })
      yield* fs.writeFileString(`${mirror}/objects/pack/tmp_pack_x`, "half")
      const second = yield* Git.commit(origin, { "m.txt": "m\n" })
      assert.strictEqual((yield* prepare).commit, second)
      assert.isFalse(yield* fs.exists(`${mirror}/objects/pack/tmp_pack_x`))

      yield* fs.remove(`${mirror}/HEAD`)
      yield* fs.remove(`${mirror}/config`)
      assert.strictEqual((yield* prepare).commit, second)

      yield* fs.writeFileString(`${mirror}/HEAD`, "")
      assert.strictEqual((yield* prepare).commit, second)

      yield* fs.writeFileString(`${mirror}/refs/remotes/origin/main`, "")
      assert.strictEqual((yield* prepare).commit, second)

      yield* fs.remove(`${mirror}/objects`, { recursive: true })
      assert.strictEqual((yield* prepare).commit, second)

      yield* fs.remove(mirror, { recursive: true })
      assert.strictEqual((yield* prepare).commit, second)
      assert.notStrictEqual(first.commit, second)
    }))

  it.scoped("lifts a lock that appears while the server runs", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      const fs = yield* FileSystem.FileSystem
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          yield* repositories.prepare(repo, undefined)
          const mirror = yield* mirrorIn(dataDir)
          yield* fs.writeFileString(`${mirror}/refs/remotes/origin/main.lock`, "")
          const second = yield* Git.commit(origin, { "n.txt": "n\n" })
          assert.strictEqual((yield* repositories.prepare(repo, undefined)).commit, second)
        }))
    }))

  it.scoped("fetches a commit again that a mirror made anew does not have", () =>
    Effect.gen(function*() {
      const { dataDir, repo } = yield* setup
      const fs = yield* FileSystem.FileSystem
      const { commit } = yield* withRepositories(dataDir, (repositories) => repositories.prepare(repo, undefined))
      yield* fs.remove(yield* mirrorIn(dataDir), { recursive: true })
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          assert.include(yield* repositories.overview(repo, commit, 10_000), "README.md:\n# Hello")
          const unknown = CommitId.make("f".repeat(40))
          const error = yield* Effect.flip(repositories.overview(repo, unknown, 10_000))
          assert.include(error.message, "has no commit ffffffffffff")
        }))
    }))

  it.scoped("prepares many times at once", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const all = yield* Effect.all(
            Array.from({ length: 4 }, () => repositories.prepare(Git.local(origin), undefined)),
            {
              concurrency: "unbounded"
            }
          )
          assert.deepStrictEqual(new Set(all.map(({ commit }) => commit)).size, 1)
          assert.deepStrictEqual(all[0], yield* repositories.prepare(repo, undefined))
        }))
    }))

  it.scoped("cuts an endless diff behind its last whole file, and says so", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      const line = `${"x".repeat(1023)}\n`
      yield* Git.commit(origin, {
        "1.txt": line.repeat(8 * 1024),
        "2.txt": line.repeat(8 * 1024),
        "3.txt": line.repeat(8 * 1024)
      })
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, undefined)
          const parent = yield* Git.commitOf(origin, "HEAD~1")
          const { files, insertions, patch } = yield* repositories.diff(repo, parent, commit)
          assert.deepStrictEqual({ files, insertions }, { files: 3, insertions: 3 * 8 * 1024 })
          assert.isBelow(patch.length, 20 * 1024 * 1024)
          assert.include(patch, "diff --git a/2.txt b/2.txt")
          assert.notInclude(patch, "diff --git a/3.txt b/3.txt")
          assert.match(patch.slice(-80), /# The diff is longer than \d+ bytes and ends here\.\n$/)
        }))
    }))

  it.scoped("works with repositories that name their objects by SHA-256", () =>
    Effect.gen(function*() {
      const origin = yield* Git.repository({ "README.md": "# Hello\n" }, "--object-format=sha256")
      const dataDir = yield* Git.temporary
      const repo = Git.local(origin)
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, undefined)
          assert.strictEqual(commit.length, 64)
          const { out, tip } = yield* sandbox(yield* repositories.exportBundle(repo, branch, commit), {
            "o.txt": "o\n"
          })
          yield* repositories.push(repo, branch, yield* repositories.importBundle(repo, session, out, commit))
          assert.strictEqual(yield* Git.commitOf(origin, branch), tip)
        }))
    }))

  it.scoped("leaves nothing behind but the mirror", () =>
    Effect.gen(function*() {
      const { dataDir, repo } = yield* setup
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(`${dataDir}/mirrors/.tmp/killed`, { recursive: true })
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, undefined)
          yield* Effect.scoped(repositories.exportBundle(repo, branch, commit))
        }))
      assert.deepStrictEqual(yield* fs.readDirectory(`${dataDir}/mirrors/.tmp`), [])
    }))
})
