/** Repositories whose remote is GitHub, which has a token, faults and refusals. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { BranchName } from "../../../src/domain/Ids.ts"
import { Repository } from "../../../src/domain/Repository.ts"
import { Repositories } from "../../../src/services/git/Repositories.ts"
import type { GitHubExchange } from "../../standins/github/GitHubAccess.ts"
import * as GitHubStandIn from "../../standins/github/GitHubStandIn.ts"
import * as Support from "../../support/Git.ts"
import { configOf, gitHubWithRepository, head, repo, slug, token } from "../../support/GitHubWorld.ts"
import { firstTurn, resultOf } from "../../support/GitSession.ts"

layer(NodeContext.layer, { excludeTestServices: true })("Repositories on GitHub", (it) => {
  const server = Effect.gen(function*() {
    const gitHub = yield* gitHubWithRepository
    const dataDir = yield* Support.temporary
    const context = yield* Layer.build(Support.layer({ dataDir, ...configOf(gitHub, token) }))
    return { gitHub, dataDir, repositories: yield* Effect.provide(Repositories, context) }
  })

  const isGit = ({ kind }: GitHubExchange) => kind === "git"

  it.scoped("fetches and pushes with the token, which is on no command line and in no file", () =>
    Effect.gen(function*() {
      const { dataDir, gitHub, repositories } = yield* server
      const fs = yield* FileSystem.FileSystem
      const held = yield* Deferred.make<void>()
      const { commit } = yield* repositories.prepare(repo, firstTurn())
      const work = `${yield* Support.temporary}/work`
      yield* Support.git(
        "/",
        "clone",
        "--quiet",
        "--branch",
        head,
        Option.getOrThrow(
          yield* repositories.exportBundle(repo, head, {
            start: commit,
            known: undefined,
            isShared: false,
            work: undefined
          })
        ),
        work
      )
      yield* Support.commit(work, { "b.txt": "b\n" })
      yield* Support.git(work, "bundle", "create", "--quiet", "out.bundle", `${commit}..${head}`)
      const tip = yield* repositories.importBundle(repo, `${work}/out.bundle`, resultOf(commit, { branch: head }))

      const basic = Buffer.from(`x-access-token:${token}`).toString("base64")
      yield* gitHub.failNext(GitHubStandIn.hold(Deferred.await(held)), { when: isGit })
      const push = yield* Effect.fork(repositories.push(repo, head, tip, undefined))
      yield* gitHub.journal.awaitEntry((entry) => isGit(entry) && entry.outcome === "open")
      const lines = yield* Effect.forEach(
        yield* fs.readDirectory("/proc"),
        (name) => Effect.orElseSucceed(fs.readFileString(`/proc/${name}/cmdline`), () => "")
      )
      assert.isTrue(lines.some((line) => line.includes("git\0") && line.includes(`${tip}:refs/heads/${head}`)))
      assert.isFalse(lines.some((line) => line.includes(basic) || line.includes(token)))
      yield* Deferred.succeed(held, undefined)
      yield* Fiber.join(push)
      assert.deepStrictEqual(yield* gitHub.branches(slug), ["main", head])
      const files = (yield* fs.readDirectory(`${dataDir}/mirrors`, { recursive: true })).map((name) =>
        `${dataDir}/mirrors/${name}`
      )
      for (const file of files.filter((name) => !name.includes("/objects/"))) {
        const text = yield* Effect.orElseSucceed(fs.readFileString(file), () => "")
        assert.isFalse(text.includes(basic) || text.includes(token), file)
      }
    }))

  it.scoped("is interrupted in the middle of a fetch, and fetches again", () =>
    Effect.gen(function*() {
      const { gitHub, repositories } = yield* server
      const upload = (entry: GitHubExchange) => isGit(entry) && entry.path.endsWith("/git-upload-pack")
      yield* gitHub.failNext(GitHubStandIn.hold(Effect.never), { when: upload })
      const prepare = yield* Effect.fork(repositories.prepare(repo, firstTurn()))
      yield* gitHub.journal.awaitEntry(upload)
      yield* Fiber.interrupt(prepare)
      yield* gitHub.journal.awaitEntry((entry) => upload(entry) && entry.outcome === "aborted")
      const { base } = yield* repositories.prepare(repo, firstTurn())
      assert.strictEqual(base, "main")
    }))

  it.scoped("goes on after errors of the server, and says what a refusal means", () =>
    Effect.gen(function*() {
      const { gitHub, repositories } = yield* server
      yield* gitHub.failNext(GitHubStandIn.serverError(503), { when: isGit })
      yield* gitHub.failNext(GitHubStandIn.reset, { when: isGit })
      const { commit } = yield* repositories.prepare(repo, firstTurn())
      yield* gitHub.failNext(GitHubStandIn.loseAnswer, {
        when: ({ kind, method }) => kind === "git" && method === "POST"
      })
      yield* repositories.push(repo, head, commit, undefined)
      assert.deepStrictEqual(yield* gitHub.branches(slug), ["main", head])
      yield* gitHub.createRepository({ owner: "acme", name: "closed", files: { "a.txt": "a\n" }, push: false })
      const closed = Repository.GitHub({ owner: "acme", name: "closed" })
      const prepared = yield* repositories.prepare(closed, firstTurn())
      const denied = yield* Effect.flip(repositories.push(closed, head, prepared.commit, undefined))
      assert.include(denied.message, "Contents: read and write")
      const gone = Repository.GitHub({ owner: "acme", name: "gone" })
      const missing = yield* Effect.flip(repositories.prepare(gone, firstTurn(BranchName.make("main"))))
      assert.strictEqual(missing._tag, "RepositoryNotFound")
    }))
})
