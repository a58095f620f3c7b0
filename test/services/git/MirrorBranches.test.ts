/** When a turn in a repository on GitHub begins without a fetch, and when it takes one. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { BranchName } from "../../../src/domain/Ids.ts"
import type { Repository } from "../../../src/domain/Repository.ts"
import type { GitHubExchange } from "../../standins/github/GitHubAccess.ts"
import * as GitHubStandIn from "../../standins/github/GitHubStandIn.ts"
import * as Git from "../../support/Git.ts"
import { withCount } from "../../support/GitCount.ts"
import { configOf, gitHubWithRepository, repo, slug, token } from "../../support/GitHubWorld.ts"
import { branch, firstTurn, mirrorIn } from "../../support/GitSession.ts"

const main = BranchName.make("main")

const isGit = ({ kind }: GitHubExchange) => kind === "git"

/** The question that goes before a fetch, or in its place. */
const isQuestion = (request: GitHubExchange) =>
  isGit(request) && request.headers["user-agent"]?.includes("opentl") === true

const setup = Effect.gen(function*() {
  const gitHub = yield* gitHubWithRepository
  const dataDir = yield* Git.temporary
  const directory = `${gitHub.directory}/${slug}.git`
  return {
    gitHub,
    dataDir,
    config: { dataDir, ...configOf(gitHub, token) },
    directory,
    push: (branch: string, name: string) =>
      Effect.zipRight(
        gitHub.commit(slug, { branch, files: { [name]: name }, message: name }),
        Git.commitOf(directory, `refs/heads/${branch}`)
      ),
    requests: Effect.map(gitHub.journal.entries, (entries) => entries.filter(isGit).length)
  }
})

layer(NodeContext.layer, { excludeTestServices: true })("A turn on GitHub", (it) => {
  it.scoped("begins with one request and one process where its branches are as they were, whatever others have pushed", () =>
    Effect.gen(function*() {
      const { config, gitHub, push, requests } = yield* setup
      yield* withCount(config, (repositories, during) =>
        Effect.gen(function*() {
          const first = yield* repositories.prepare(repo, firstTurn())
          for (const name of ["main-2", "opentl/other", `${branch}x`]) yield* push(name, "x")
          const before = yield* requests
          for (const base of [undefined, main]) {
            assert.deepStrictEqual(yield* during(repositories.prepare(repo, firstTurn(base))), ["for-each-ref"])
          }
          assert.strictEqual((yield* requests) - before, 2)
          assert.deepStrictEqual(yield* repositories.prepare(repo, firstTurn()), first)
          const gone = yield* Effect.flip(repositories.prepare(repo, firstTurn(BranchName.make("mai"))))
          assert.include(gone.message, "acme/app has no branch mai")
          assert.isEmpty(
            (yield* gitHub.journal.entries).slice(before).filter(({ path }) => path.endsWith("/info/refs"))
          )
        }))
    }))

  it.scoped("fetches a branch that has moved, that is new, and that is gone", () =>
    Effect.gen(function*() {
      const { config, gitHub, push } = yield* setup
      yield* withCount(config, (repositories, during) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, firstTurn())
          const fetches = (base?: BranchName) =>
            Effect.map(during(repositories.prepare(repo, firstTurn(base))), (asked) => asked.includes("fetch"))
          const moved = yield* push("main", "b.txt")
          assert.isTrue(yield* fetches())
          const next = yield* repositories.prepare(repo, firstTurn())
          assert.deepStrictEqual([next.commit, next.start], [moved, Option.none()])
          const work = yield* push(branch, "c.txt")
          assert.isTrue(yield* fetches(main))
          assert.isFalse(yield* fetches(main))
          assert.deepStrictEqual((yield* repositories.prepare(repo, firstTurn())).start, Option.some(work))
          yield* gitHub.deleteBranch(slug, branch)
          assert.isTrue(yield* fetches())
          assert.isFalse(yield* fetches())
          assert.deepStrictEqual((yield* repositories.prepare(repo, firstTurn())).start, Option.none())
          yield* push("side", "d.txt")
          assert.isTrue(yield* fetches(BranchName.make("side")))
          assert.notStrictEqual(commit, moved)
        }))
    }))

  it.scoped("fetches what the mirror has lost, and asks nothing where it has nothing", () =>
    Effect.gen(function*() {
      const { config, dataDir, gitHub } = yield* setup
      const fs = yield* FileSystem.FileSystem
      yield* withCount(config, (repositories, during) =>
        Effect.gen(function*() {
          const prepare = repositories.prepare(repo, firstTurn(main))
          const first = yield* prepare
          assert.isEmpty((yield* gitHub.journal.entries).filter(isQuestion))
          const objects = `${yield* mirrorIn(dataDir)}/remote-objects`
          yield* fs.remove(`${objects}/${first.commit.slice(0, 2)}/${first.commit.slice(2)}`)
          assert.include(yield* during(prepare), "fetch")
          assert.strictEqual((yield* gitHub.journal.entries).filter(isQuestion).length, 1)
          yield* fs.remove(objects, { recursive: true })
          yield* fs.makeDirectory(objects)
          assert.include(yield* during(prepare), "fetch")
          assert.strictEqual((yield* gitHub.journal.entries).filter(isQuestion).length, 1)
          assert.deepStrictEqual(yield* prepare, first)
        }))
    }))

  it.scoped("fetches after an answer that says nothing", () =>
    Effect.gen(function*() {
      const { config, gitHub, push } = yield* setup
      yield* withCount(config, (repositories, during) =>
        Effect.gen(function*() {
          yield* repositories.prepare(repo, firstTurn())
          const faults = [
            GitHubStandIn.serverError(),
            GitHubStandIn.reset,
            GitHubStandIn.oldProtocol,
            GitHubStandIn.answer(HttpServerResponse.text("<!DOCTYPE html>")),
            GitHubStandIn.answer(HttpServerResponse.redirect("/elsewhere", { status: 307 }))
          ]
          for (const fault of faults) {
            const moved = yield* push("main", "more.txt")
            yield* gitHub.failNext(fault, { when: isQuestion })
            assert.include(yield* during(repositories.prepare(repo, firstTurn(main))), "fetch")
            assert.strictEqual((yield* repositories.prepare(repo, firstTurn(main))).commit, moved)
          }
        }))
    }))

  it.scoped("fails with git's words where the repository is gone, or the token is none", () =>
    Effect.gen(function*() {
      const { config, dataDir, directory, gitHub } = yield* setup
      const fs = yield* FileSystem.FileSystem
      const failure = (repo: Repository, wanted = token) =>
        withCount({ ...config, ...configOf(gitHub, wanted) }, (repositories) =>
          Effect.flip(repositories.prepare(repo, firstTurn(main))))
      yield* withCount(config, (repositories) =>
        repositories.prepare(repo, firstTurn(main)))
      const refused = yield* failure(repo, "ghp_wrong")
      assert.include(refused.message, "acme/app was not found: the remote requires credentials")
      yield* fs.remove(directory, { recursive: true })
      const gone = yield* failure(repo)
      assert.isTrue((yield* gitHub.journal.entries).some((entry) =>
        isQuestion(entry) && entry.auth.token === "ghp_wrong"
      ))
      // as where there is no mirror, so that git alone has asked
      yield* fs.remove(yield* mirrorIn(dataDir), { recursive: true })
      assert.deepStrictEqual(yield* failure(repo, "ghp_wrong"), refused)
      assert.deepStrictEqual(yield* failure(repo), gone)
    }))
})
