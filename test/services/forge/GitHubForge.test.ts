import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { BranchName, branchOf, SessionId } from "../../../src/domain/Ids.ts"
import { Repository } from "../../../src/domain/Repository.ts"
import { Forge, type Proposal } from "../../../src/services/forge/Forge.ts"
import * as Forges from "../../../src/services/forge/Forges.ts"
import { Git } from "../../../src/services/git/Git.ts"
import * as GitLocalForge from "../../../src/services/git/GitLocalForge.ts"
import { Repositories } from "../../../src/services/git/Repositories.ts"
import type { GitHubExchange } from "../../standins/github/GitHubAccess.ts"
import { GitHubFault } from "../../standins/github/GitHubFaults.ts"
import * as GitHubStandIn from "../../standins/github/GitHubStandIn.ts"
import * as Support from "../../support/Git.ts"
import { firstTurn, resultOf } from "../../support/GitSession.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const token = "ghp_real"
const slug = "acme/app"
const repo = Repository.GitHub({ owner: "acme", name: "app" })
const head = branchOf(SessionId.make("0123456789ab"))

const proposal: Proposal = {
  repo,
  head,
  base: BranchName.make("main"),
  title: "Add a thing",
  body: "Why",
  draft: false
}

const configOf = (gitHub: GitHubStandIn.GitHubStandIn, wanted: string | null) => ({
  github: {
    token: Option.map(Option.fromNullable(wanted), Redacted.make),
    apiUrl: gitHub.apiUrl,
    serverUrl: gitHub.serverUrl,
    webhookSecret: Option.none()
  }
})

const make = (wanted: string | null = token) =>
  Effect.gen(function*() {
    const gitHub = yield* GitHubStandIn.make({ token })
    yield* gitHub.createRepository({ owner: "acme", name: "app", files: { "README.md": "# App\n" } })
    yield* gitHub.commit(slug, { branch: head, files: { "a.txt": "a\n" }, message: "Work" })
    const dataDir = yield* Support.temporary
    const context = yield* Layer.build(
      Forges.layer.pipe(
        Layer.provide(GitLocalForge.layer),
        Layer.provide(Git.layer),
        Layer.provide(layerConfig({ dataDir, ...configOf(gitHub, wanted) }))
      )
    )
    return { gitHub, dataDir, forge: yield* Effect.provide(Forge, context) }
  })

layer(NodeContext.layer, { excludeTestServices: true })("GitHubForge", (it) => {
  it.scoped("knows the default branch and the remote, whose credential is in no URL", () =>
    Effect.gen(function*() {
      const { forge, gitHub } = yield* make()
      assert.strictEqual(yield* forge.defaultBranch(repo), "main")
      const remote = yield* forge.remote(repo)
      assert.strictEqual(remote.url, `${gitHub.serverUrl}/acme/app.git`)
      assert.strictEqual(
        Option.getOrUndefined(Option.map(remote.authorization, Redacted.value)),
        `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`
      )
      assert.isTrue(forge.hasPullRequests(repo))
      assert.isFalse(forge.hasPullRequests(Support.local("/srv/a")))
    }))

  it.scoped("opens one pull request, and keeps its title when it brings it up to date", () =>
    Effect.gen(function*() {
      const { forge, gitHub } = yield* make()
      const first = yield* forge.propose(proposal)
      assert.isTrue(first.opened)
      const second = yield* forge.propose({ ...proposal, title: "Another", body: "More" })
      assert.deepStrictEqual(second, { ...first, opened: false })
      const [pull, ...others] = yield* gitHub.pullRequests(slug)
      assert.deepStrictEqual(others, [])
      assert.deepInclude(pull, { title: "Add a thing", body: "More", head, base: "main", draft: false })
      assert.strictEqual(first.pullRequest.number, pull?.number)
      assert.strictEqual(first.pullRequest.url, `${gitHub.serverUrl}/acme/app/pull/${pull?.number}`)
    }))

  it.scoped("turns a draft ready and back, as the review has it", () =>
    Effect.gen(function*() {
      const { forge, gitHub } = yield* make()
      const draftOf = Effect.map(gitHub.pullRequests(slug), ([pull]) => pull?.draft)
      assert.isTrue((yield* forge.propose({ ...proposal, draft: true })).pullRequest.draft)
      assert.isTrue(yield* draftOf)
      assert.isFalse((yield* forge.propose(proposal)).pullRequest.draft)
      assert.isFalse(yield* draftOf)
      assert.isTrue((yield* forge.propose({ ...proposal, draft: true })).pullRequest.draft)
      assert.isTrue(yield* draftOf)
    }))

  it.scoped("opens exactly one though the answer was lost", () =>
    Effect.gen(function*() {
      const { forge, gitHub } = yield* make()
      yield* gitHub.failNext(GitHubStandIn.loseAnswer, {
        when: ({ method, path }) => method === "POST" && path.endsWith("/pulls")
      })
      yield* forge.propose(proposal)
      assert.strictEqual((yield* gitHub.pullRequests(slug)).length, 1)
    }))

  it.scoped("opens one that is no draft where there are no drafts, and says so", () =>
    Effect.gen(function*() {
      const { forge, gitHub } = yield* make()
      const message = "Draft pull requests are not supported in this repository."
      yield* gitHub.failNext(GitHubFault.Refuse({ status: 422, message, headers: {} }), {
        when: ({ method, path }) => method === "POST" && path.endsWith("/pulls")
      })
      const { pullRequest } = yield* forge.propose({ ...proposal, draft: true })
      assert.isFalse(pullRequest.draft)
      const [pull] = yield* gitHub.pullRequests(slug)
      assert.match(pull?.body ?? "", /takes no draft pull requests.*\n\nWhy$/s)
    }))

  it.scoped("opens a new one when the first was merged", () =>
    Effect.gen(function*() {
      const { forge, gitHub } = yield* make()
      const first = yield* forge.propose(proposal)
      yield* gitHub.merge(slug, first.pullRequest.number)
      yield* gitHub.commit(slug, { branch: head, files: { "b.txt": "b\n" }, message: "More work" })
      const second = yield* forge.propose(proposal)
      assert.isTrue(second.opened)
      assert.notStrictEqual(second.pullRequest.number, first.pullRequest.number)
    }))

  it.scoped("goes on after server errors, a reset and a secondary limit", () =>
    Effect.gen(function*() {
      const { forge, gitHub } = yield* make()
      yield* gitHub.failNext(GitHubStandIn.serverError(502))
      yield* gitHub.failNext(GitHubStandIn.reset)
      yield* gitHub.failNext(GitHubStandIn.secondaryLimit(1))
      assert.strictEqual(yield* forge.defaultBranch(repo), "main")
    }))

  it.scoped("says which permission is missing, and never the token", () =>
    Effect.gen(function*() {
      const { forge, gitHub } = yield* make()
      const unknown = yield* Effect.flip(forge.defaultBranch(Repository.GitHub({ owner: "acme", name: "gone" })))
      assert.strictEqual(unknown._tag, "RepositoryNotFound")
      assert.include(unknown.message, "acme/gone")
      yield* gitHub.createRepository({ owner: "acme", name: "closed", files: { "a.txt": "a\n" }, push: false })
      yield* gitHub.commit("acme/closed", { branch: head, files: { "b.txt": "b\n" }, message: "Work" })
      const denied = yield* Effect.flip(
        forge.propose({ ...proposal, repo: Repository.GitHub({ owner: "acme", name: "closed" }) })
      )
      assert.include(denied.message, "Pull requests: read and write")
      const wrong = yield* make("ghp_wrong")
      const refused = yield* Effect.flip(wrong.forge.defaultBranch(repo))
      assert.include(refused.message, "GitHub rejects GITHUB_TOKEN")
      assert.notInclude(refused.message, "ghp_wrong")
      const none = yield* Effect.flip((yield* make(null)).forge.propose(proposal))
      assert.include(none.message, "GITHUB_TOKEN is not set")
    }))
})

layer(NodeContext.layer, { excludeTestServices: true })("Repositories on GitHub", (it) => {
  const server = Effect.gen(function*() {
    const gitHub = yield* GitHubStandIn.make({ token })
    yield* gitHub.createRepository({ owner: "acme", name: "app", files: { "README.md": "# App\n" } })
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
          yield* repositories.exportBundle(repo, head, { start: commit, known: undefined, work: undefined })
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
