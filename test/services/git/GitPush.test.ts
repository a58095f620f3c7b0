import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { BranchName } from "../../../src/domain/Ids.ts"
import * as Git from "../../support/Git.ts"
import { branch, exported, mirrorIn, onFirstTurn, resultOf, sandbox } from "../../support/GitSession.ts"

layer(NodeContext.layer, { excludeTestServices: true })("GitPush", (it) => {
  it.scoped("never overwrites what others pushed, and names it", () =>
    onFirstTurn(({ initialBundle, origin, repo, repositories, take }) =>
      Effect.gen(function*() {
        const { out } = yield* sandbox(yield* initialBundle, { "j.txt": "j\n" })
        const tip = yield* take(out)
        yield* Git.git(origin, "checkout", "--quiet", "-b", branch)
        const theirs = yield* Git.commit(origin, { "k.txt": "k\n" })
        yield* Git.git(origin, "checkout", "--quiet", "main")
        const error = yield* Effect.flip(repositories.push(repo, branch, tip, undefined))
        assert.strictEqual(error._tag, "GitError")
        assert.include(
          error.message,
          "has commits at the remote that this session does not know about; they were not overwritten. " +
            "Send the session a message, and its next turn will include them"
        )
        assert.strictEqual(yield* Git.commitOf(origin, branch), theirs)
      })
    ))

  it.scoped("does not put back what others took away while the turn ran, but makes a deleted branch again", () =>
    onFirstTurn(({ commit, initialBundle, origin, repo, repositories, take }) =>
      Effect.gen(function*() {
        const run = yield* sandbox(yield* initialBundle, { "j.txt": "j\n" })
        const first = yield* take(run.out)
        yield* repositories.push(repo, branch, first, undefined)
        const second = yield* sandbox(yield* exported(repositories, repo, first), { "k.txt": "k\n" })
        const next = yield* repositories.importBundle(repo, second.out, resultOf(first))
        // back to where it forked: a push of what descends from both would be a fast-forward
        yield* Git.git(origin, "branch", "--force", branch, commit)
        const error = yield* Effect.flip(repositories.push(repo, branch, next, first))
        assert.include(error.message, "were not overwritten")
        assert.strictEqual(yield* Git.commitOf(origin, branch), commit)
        yield* Git.git(origin, "branch", "--delete", "--force", branch)
        yield* repositories.push(repo, branch, next, first)
        assert.strictEqual(yield* Git.commitOf(origin, branch), next)
        yield* repositories.push(repo, branch, next, first)
      })
    ))

  it.scoped("leaves a branch alone that is checked out, in any worktree and whatever the repository allows", () =>
    onFirstTurn(({ commit, initialBundle, origin, repo, repositories, take }) =>
      Effect.gen(function*() {
        yield* Git.git(origin, "config", "receive.denyCurrentBranch", "ignore")
        const { out } = yield* sandbox(yield* initialBundle, { "l.txt": "l\n" })
        const tip = yield* take(out)
        const main = yield* Effect.flip(repositories.push(repo, BranchName.make("main"), tip, undefined))
        assert.include(main.message, "main is checked out in")
        const worktree = `${yield* Git.temporary}/worktree`
        yield* Git.git(origin, "worktree", "add", "--quiet", "-b", branch, worktree)
        const second = yield* Effect.flip(repositories.push(repo, branch, tip, undefined))
        assert.include(second.message, `${branch} is checked out in ${worktree}`)
        assert.strictEqual(yield* Git.commitOf(origin, "main"), commit)
        assert.strictEqual(yield* Git.commitOf(origin, branch), commit)
      })
    ))

  it.scoped("runs the target's hooks, tells what they say, and none of the mirror's", () =>
    onFirstTurn(({ commit, dataDir, initialBundle, origin, repo, repositories }) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* fs.makeDirectory(`${origin}/.git/hooks`, { recursive: true })
        yield* fs.writeFileString(`${origin}/.git/hooks/pre-receive`, "#!/bin/sh\necho 'policy says no'\nexit 1\n")
        yield* fs.chmod(`${origin}/.git/hooks/pre-receive`, 0o755)
        const mirror = yield* mirrorIn(dataDir)
        yield* fs.makeDirectory(`${mirror}/hooks`, { recursive: true })
        yield* fs.writeFileString(`${mirror}/hooks/reference-transaction`, `#!/bin/sh\ntouch ${dataDir}/hooked\n`)
        yield* fs.chmod(`${mirror}/hooks/reference-transaction`, 0o755)
        yield* initialBundle
        const error = yield* Effect.flip(repositories.push(repo, branch, commit, undefined))
        assert.include(error.message, "pre-receive hook declined")
        assert.include(error.message, "policy says no")
        assert.isFalse(yield* fs.exists(`${dataDir}/hooked`))
      })
    ))
})
