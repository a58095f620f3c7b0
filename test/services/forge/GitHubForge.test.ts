import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { BranchName } from "../../../src/domain/Ids.ts"
import { Repository } from "../../../src/domain/Repository.ts"
import { Forge, type Proposal } from "../../../src/services/forge/Forge.ts"
import * as Forges from "../../../src/services/forge/Forges.ts"
import { Git } from "../../../src/services/git/Git.ts"
import * as GitLocalForge from "../../../src/services/git/GitLocalForge.ts"
import { Programs } from "../../../src/services/programs/Programs.ts"
import { GitHubFault } from "../../standins/github/GitHubFaults.ts"
import * as GitHubStandIn from "../../standins/github/GitHubStandIn.ts"
import * as Support from "../../support/Git.ts"
import { configOf, gitHubWithRepository, head, repo, slug, token } from "../../support/GitHubWorld.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const proposal: Proposal = {
  repo,
  head,
  base: BranchName.make("main"),
  title: "Add a thing",
  body: "Why",
  draft: false
}

const make = (wanted: string | null = token) =>
  Effect.gen(function*() {
    const gitHub = yield* gitHubWithRepository
    yield* gitHub.commit(slug, { branch: head, files: { "a.txt": "a\n" }, message: "Work" })
    const dataDir = yield* Support.temporary
    const context = yield* Layer.build(
      Forges.layer.pipe(
        Layer.provide(GitLocalForge.layer),
        Layer.provide(Layer.provide(Git.layer, Programs.layerDirect)),
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
      assert.match(pull?.body ?? "", /does not support draft pull requests.*\n\nWhy$/s)
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
