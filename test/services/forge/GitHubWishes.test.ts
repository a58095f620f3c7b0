/** What a repository's configuration wishes for the pull request. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
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
import { configOf, head, token } from "../../support/GitHubWorld.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const slug = "acme/team"

const proposal: Proposal = {
  repo: Repository.GitHub({ owner: "acme", name: "team" }),
  head,
  base: BranchName.make("main"),
  title: "Add a thing",
  body: "Why",
  draft: false
}

const make = Effect.gen(function*() {
  const gitHub = yield* GitHubStandIn.make({ token })
  yield* gitHub.createRepository({
    owner: "acme",
    name: "team",
    files: { "README.md": "# App\n" },
    collaborators: ["ada", "bob", "acme/core"]
  })
  yield* gitHub.commit(slug, { branch: head, files: { "a.txt": "a\n" }, message: "Work" })
  const dataDir = yield* Support.temporary
  const context = yield* Layer.build(
    Forges.layer.pipe(
      Layer.provide(GitLocalForge.layer),
      Layer.provide(Layer.provide(Git.layer, Programs.layerDirect)),
      Layer.provide(layerConfig({ dataDir, ...configOf(gitHub, token) }))
    )
  )
  const pull = Effect.map(gitHub.pullRequests(slug), ([pull]) => pull)
  return { gitHub, pull, forge: yield* Effect.provide(Forge, context) }
})

layer(NodeContext.layer, { excludeTestServices: true })("a pull request with wishes", (it) => {
  it.scoped("has its labels and reviewers from its opening, and is not given them again", () =>
    Effect.gen(function*() {
      const { forge, gitHub, pull } = yield* make
      const wished = { ...proposal, labels: ["bot", "two words"], reviewers: ["ada", "acme/core"] }
      const { problems, pullRequest } = yield* forge.propose(wished)
      assert.deepStrictEqual(problems, [])
      assert.deepInclude(yield* pull, { labels: ["bot", "two words"], reviewers: ["ada", "acme/core"] })
      yield* forge.propose({ ...wished, known: pullRequest.number, labels: ["other"], reviewers: ["bob"] })
      assert.deepInclude(yield* pull, { labels: ["bot", "two words"], reviewers: ["ada", "acme/core"] })
      assert.strictEqual((yield* gitHub.pullRequests(slug)).length, 1)
    }))

  it.scoped("has them though the answer to its opening was lost", () =>
    Effect.gen(function*() {
      const { forge, gitHub, pull } = yield* make
      yield* gitHub.failNext(GitHubStandIn.loseAnswer, {
        when: ({ method, path }) => method === "POST" && path.endsWith("/pulls")
      })
      yield* forge.propose({ ...proposal, labels: ["bot"], reviewers: ["ada"] })
      assert.deepInclude(yield* pull, { labels: ["bot"], reviewers: ["ada"] })
    }))

  it.scoped("asks everybody who can be asked, and says who cannot", () =>
    Effect.gen(function*() {
      const { forge, pull } = yield* make
      const { opened, problems } = yield* forge.propose({
        ...proposal,
        reviewers: ["ada", "nobody", "acme/core", "other/team"]
      })
      assert.isTrue(opened)
      assert.deepInclude(yield* pull, { reviewers: ["ada", "acme/core"] })
      assert.strictEqual(problems.length, 2)
      assert.include(problems[0] ?? "", "other/team is no team of acme")
      assert.match(problems[1] ?? "", /^asking nobody for a review failed \(422\): .*not a collaborator/)
    }))

  it.scoped("is opened without labels where they are refused", () =>
    Effect.gen(function*() {
      const { forge, gitHub, pull } = yield* make
      yield* gitHub.failNext(GitHubFault.Refuse({ status: 403, message: "Resource not accessible", headers: {} }), {
        when: ({ path }) => path.endsWith("/labels")
      })
      const { problems } = yield* forge.propose({ ...proposal, labels: ["bot"], reviewers: ["ada"] })
      assert.match(problems.join("\n"), /^setting the label bot failed \(403\)/)
      assert.notInclude(problems.join("\n"), token)
      assert.deepInclude(yield* pull, { labels: [], reviewers: ["ada"] })
    }))

  it.scoped("is opened as a draft, and left as people have it; what needs a draft becomes one", () =>
    Effect.gen(function*() {
      const { forge, pull } = yield* make
      const draftOf = Effect.map(pull, (pull) => pull?.draft)
      const wished = { ...proposal, opensAsDraft: true }
      assert.isTrue((yield* forge.propose(wished)).pullRequest.draft)
      assert.isTrue((yield* forge.propose(wished)).pullRequest.draft)
      assert.isTrue(yield* draftOf)
      yield* forge.propose(proposal) // as a person does
      assert.isFalse((yield* forge.propose(wished)).pullRequest.draft)
      assert.isFalse(yield* draftOf)
      assert.isTrue((yield* forge.propose({ ...wished, draft: true })).pullRequest.draft)
      assert.isTrue(yield* draftOf)
    }))
})
