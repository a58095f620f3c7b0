/** What goes into a sandbox: what it lacks, and no more. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { CommitId } from "../../../src/domain/Ids.ts"
import * as Git from "../../support/Git.ts"
import { branch, exported, firstTurn, mirrorIn, onFirstTurn, sandbox, workspace } from "../../support/GitSession.ts"

layer(NodeContext.layer, { excludeTestServices: true })("GitBundles", (it) => {
  it.scoped("leaves out what the workspace has, and makes none where it has all", () =>
    onFirstTurn(({ commit, initialBundle, origin, repo, repositories }) =>
      Effect.gen(function*() {
        const next = yield* Git.commit(origin, { "b.txt": "b\n" })
        yield* repositories.prepare(repo, firstTurn())
        const work = yield* workspace(yield* initialBundle)
        const thin = Option.getOrThrow(
          yield* repositories.exportBundle(repo, branch, {
            start: next,
            known: commit,
            isShared: false,
            work: undefined
          })
        )
        yield* Git.git(work, "fetch", "--quiet", thin, branch)
        assert.strictEqual(yield* Git.commitOf(work, "FETCH_HEAD"), next)
        const fs = yield* FileSystem.FileSystem
        const small = yield* fs.stat(thin)
        const whole = yield* fs.stat(yield* exported(repositories, repo, next))
        assert.isBelow(Number(small.size), Number(whole.size))
        for (const start of [commit, next]) {
          const none = yield* repositories.exportBundle(repo, branch, {
            start,
            known: next,
            isShared: false,
            work: undefined
          })
          assert.deepStrictEqual(none, Option.none())
        }
      })
    ))

  it.scoped("has unpushed work beside the branch, and all of it where the mirror does not know what is known", () =>
    onFirstTurn(({ commit, initialBundle, repo, repositories, take }) =>
      Effect.gen(function*() {
        const run = yield* sandbox(yield* initialBundle, { "c.txt": "c\n" })
        const ours = yield* take(run.out)
        const both = Option.getOrThrow(
          yield* repositories.exportBundle(repo, branch, {
            start: commit,
            known: undefined,
            isShared: false,
            work: ours
          })
        )
        const anew = yield* workspace(both)
        assert.strictEqual(yield* Git.commitOf(anew, "HEAD"), commit)
        yield* Git.git(anew, "bundle", "unbundle", both)
        assert.strictEqual(yield* Git.git(anew, "show", `${ours}:c.txt`), "c")
        // of a workspace that has what this mirror (made anew) does not know, nothing is taken for granted
        const known = CommitId.make("f".repeat(40))
        const whole = yield* repositories.exportBundle(repo, branch, {
          start: commit,
          known,
          isShared: false,
          work: undefined
        })
        yield* workspace(Option.getOrThrow(whole))
      })
    ))

  const shared = { known: undefined, isShared: true, work: undefined }

  /** A workspace that takes the remote's objects from where they are, and the rest from a bundle. */
  const sharing = Effect.fnUntraced(function*(objects: string, bundle: Option.Option<string>) {
    const fs = yield* FileSystem.FileSystem
    const work = yield* Git.temporary
    yield* Git.git(work, "init", "--quiet")
    yield* fs.writeFileString(`${work}/.git/objects/info/alternates`, `${objects}\n`)
    yield* Effect.forEach(Option.toArray(bundle), (file) => Git.git(work, "bundle", "unbundle", file))
    return work
  })

  it.scoped("leaves out what came from the remote where the sandbox reads that in its place", () =>
    onFirstTurn(({ commit, initialBundle, repo, repositories, take }) =>
      Effect.gen(function*() {
        const objects = yield* repositories.objectsDirectory(repo)
        const none = yield* repositories.exportBundle(repo, branch, { ...shared, start: commit })
        assert.deepStrictEqual(none, Option.none())
        const ours = yield* take((yield* sandbox(yield* initialBundle, { "c.txt": "c\n" })).out)
        const contents = { ...shared, start: commit, work: ours }
        const work = yield* sharing(objects, yield* repositories.exportBundle(repo, branch, contents))
        assert.strictEqual(yield* Git.git(work, "show", `${ours}:c.txt`), "c")
        assert.strictEqual(yield* Git.git(work, "show", `${commit}:README.md`), "# Hello")
      })
    ))

  it.scoped("shares what a session made only once the remote has it", () =>
    onFirstTurn(({ commit, initialBundle, repo, repositories, take }) =>
      Effect.gen(function*() {
        const objects = yield* repositories.objectsDirectory(repo)
        const ours = yield* take((yield* sandbox(yield* initialBundle, { "c.txt": "c\n" })).out)
        const found = (object: string) =>
          sharing(objects, Option.none()).pipe(
            Effect.flatMap((work) => Git.git(work, "cat-file", "-e", object)),
            Effect.exit,
            Effect.map(Exit.isSuccess)
          )
        yield* repositories.push(repo, branch, ours, undefined)
        assert.deepStrictEqual([yield* found(commit), yield* found(ours)], [true, false])
        assert.isTrue(Option.isSome(yield* repositories.exportBundle(repo, branch, { ...shared, start: ours })))
        yield* repositories.prepare(repo, firstTurn())
        assert.isTrue(yield* found(ours))
        assert.deepStrictEqual(
          yield* repositories.exportBundle(repo, branch, { ...shared, start: ours }),
          Option.none()
        )
      })
    ))

  it.scoped("has the whole history where a mirror of an earlier version has its objects elsewhere, until it is fetched", () =>
    onFirstTurn(({ commit, dataDir, repo, repositories }) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const mirror = yield* mirrorIn(dataDir)
        const objects = yield* repositories.objectsDirectory(repo)
        yield* fs.remove(`${mirror}/objects`, { recursive: true })
        yield* fs.rename(objects, `${mirror}/objects`)
        yield* fs.makeDirectory(objects)
        const whole = yield* repositories.exportBundle(repo, branch, { ...shared, start: commit })
        yield* workspace(Option.getOrThrow(whole))
        yield* repositories.prepare(repo, firstTurn())
        assert.deepStrictEqual(
          yield* repositories.exportBundle(repo, branch, { ...shared, start: commit }),
          Option.none()
        )
        yield* sharing(objects, Option.none()).pipe(
          Effect.flatMap((work) => Git.git(work, "rev-list", "--objects", commit))
        )
      })
    ))

  it.scoped("keeps what a workspace starts from, whatever the remote and an operator remove", () =>
    onFirstTurn(({ commit, dataDir, origin, repo, repositories }) =>
      Effect.gen(function*() {
        const objects = yield* repositories.objectsDirectory(repo)
        yield* Git.git(origin, "checkout", "--quiet", "-b", "gone")
        const lost = yield* Git.commit(origin, { "gone.txt": "gone\n" })
        yield* Git.git(origin, "checkout", "--quiet", "main")
        yield* repositories.prepare(repo, firstTurn())
        assert.deepStrictEqual(
          yield* repositories.exportBundle(repo, branch, { ...shared, start: commit }),
          Option.none()
        )
        yield* Git.git(origin, "commit", "--quiet", "--amend", "--message=other")
        yield* Git.git(origin, "branch", "--quiet", "-D", "gone")
        yield* repositories.prepare(repo, firstTurn())
        // as docs/operations.md has it
        const mirror = yield* mirrorIn(dataDir)
        const script = `git -C "$0" gc --quiet --prune=now &&
          GIT_OBJECT_DIRECTORY="$0/remote-objects" GIT_REF_PARANOIA=0 git -C "$0" gc --quiet --prune=now`
        assert.strictEqual(yield* Command.exitCode(Command.make("sh", "-c", script, mirror)), 0)
        const work = yield* sharing(objects, Option.none())
        assert.strictEqual(yield* Git.git(work, "show", `${commit}:README.md`), "# Hello")
        assert.isTrue(Exit.isFailure(yield* Effect.exit(Git.git(work, "cat-file", "-e", lost))))
      })
    ))

  it.scoped("is read by every user who finds it, and written only by us", () =>
    onFirstTurn(({ repo, repositories }) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const objects = yield* repositories.objectsDirectory(repo)
        const names = yield* fs.readDirectory(objects, { recursive: true })
        const modes = yield* Effect.forEach(["", ...names], (name) =>
          Effect.map(fs.stat(`${objects}/${name}`), ({ mode, type }) =>
            type === "Directory" ? mode & 0o7777 : (mode & 0o7777).toString(8)))
        assert.isAbove(names.length, 0)
        for (const mode of modes) {
          assert.include([0o755, 0o2755, "444", "644"], mode)
        }
      })
    ))
})
