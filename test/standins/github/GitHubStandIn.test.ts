import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ask, connect, draft, make, refusal, repo, slug } from "./GitHubClients.ts"

layer(NodeContext.layer)("GitHubStandIn: REST", (it) => {
  it.scoped("tells a repository, a branch and a user, at the root and below /api/v3", () =>
    Effect.gen(function*() {
      const { gitHub } = yield* make
      for (const octokit of [connect(gitHub.serverUrl), connect(gitHub.apiUrl)]) {
        const { data, headers } = yield* ask(() => octokit.repos.get(repo))
        assert.strictEqual(data.default_branch, "main")
        assert.strictEqual(data.clone_url, `${gitHub.serverUrl}/acme/site.git`)
        assert.strictEqual(data.permissions?.push, true)
        assert.strictEqual(headers["x-ratelimit-limit"], "5000")
        const branch = yield* ask(() => octokit.repos.getBranch({ ...repo, branch: "fix/one" }))
        const [newest] = yield* gitHub.log(slug, "fix/one")
        assert.strictEqual(branch.data.commit.sha, newest?.sha)
        assert.strictEqual((yield* ask(() => octokit.users.getAuthenticated())).data.login, "opentl-bot")
      }
    }))

  it.scoped("opens, finds, changes and closes a pull request", () =>
    Effect.gen(function*() {
      const { gitHub, octokit } = yield* make
      const created = yield* ask(() => octokit.pulls.create(draft))
      assert.strictEqual(created.status, 201)
      assert.strictEqual(created.data.html_url, `${gitHub.serverUrl}/acme/site/pull/1`)
      assert.deepStrictEqual([created.data.draft, created.data.head.ref, created.data.base.ref], [
        true,
        "fix/one",
        "main"
      ])
      const list = (head: string) =>
        Effect.map(ask(() => octokit.pulls.list({ ...repo, head })), ({ data }) => data.length)
      assert.strictEqual(yield* list("acme:fix/one"), 1)
      assert.strictEqual(yield* list("acme:fix/other"), 0)
      assert.strictEqual(yield* list("fix/other"), 1)
      yield* ask(() => octokit.pulls.update({ ...repo, pull_number: 1, title: "Two", body: "How", state: "closed" }))
      assert.strictEqual(yield* list("acme:fix/one"), 0)
      const pull = yield* ask(() => octokit.pulls.get({ ...repo, pull_number: 1 }))
      assert.deepStrictEqual([pull.data.title, pull.data.body, pull.data.state], ["Two", "How", "closed"])
      assert.deepStrictEqual((yield* gitHub.pullRequests(slug)).map(({ state, title }) => [title, state]), [[
        "Two",
        "closed"
      ]])
    }))

  it.scoped("opens no pull request that GitHub would not", () =>
    Effect.gen(function*() {
      const { gitHub, octokit } = yield* make
      const create = (change: Partial<typeof draft>) => refusal(() => octokit.pulls.create({ ...draft, ...change }))
      const error = (field: string) => ({ resource: "PullRequest", field, code: "invalid" })
      const custom = (message: string) => ({ resource: "PullRequest", code: "custom", message })
      assert.deepStrictEqual((yield* create({ head: "absent" })).errors, [error("head")])
      assert.deepStrictEqual((yield* create({ head: "stranger:fix/one" })).errors, [error("head")])
      assert.deepStrictEqual((yield* create({ base: "absent" })).errors, [error("base")])
      assert.deepStrictEqual((yield* create({ head: "main" })).errors, [custom("No commits between main and main")])
      assert.strictEqual((yield* create({ title: " " })).message, "Validation Failed")
      yield* ask(() => octokit.pulls.create({ ...draft, head: "acme:fix/one" }))
      const twice = yield* create({})
      assert.strictEqual(twice.status, 422)
      assert.deepStrictEqual(twice.errors, [custom("A pull request already exists for acme:fix/one.")])
      const bare = yield* refusal(() => octokit.request("POST /repos/acme/site/pulls", { title: "x" }))
      assert.include(bare.message, "\"head\", \"base\" weren't supplied.")
      assert.strictEqual((yield* gitHub.pullRequests(slug)).length, 1)
    }))

  it.scoped("opens one pull request for many that ask at once", () =>
    Effect.gen(function*() {
      const { gitHub, octokit } = yield* make
      const exits = yield* Effect.all(
        Array.from({ length: 5 }, () => Effect.exit(ask(() => octokit.pulls.create(draft)))),
        {
          concurrency: "unbounded"
        }
      )
      assert.strictEqual(exits.filter((exit) => exit._tag === "Success").length, 1)
      assert.strictEqual((yield* gitHub.pullRequests(slug)).length, 1)
    }))

  it.scoped("lets a merged or a branchless pull request rest", () =>
    Effect.gen(function*() {
      const { gitHub, octokit } = yield* make
      const reopen = (pull_number: number) =>
        refusal(() => octokit.pulls.update({ ...repo, pull_number, state: "open" }))
      yield* ask(() => octokit.pulls.create(draft))
      yield* gitHub.merge(slug, 1)
      assert.isTrue((yield* ask(() => octokit.pulls.get({ ...repo, pull_number: 1 }))).data.merged)
      assert.deepStrictEqual(
        yield* gitHub.fileAt(slug, "main", "one.txt"),
        yield* gitHub.fileAt(slug, "fix/one", "one.txt")
      )
      assert.strictEqual((yield* reopen(1)).status, 422)
      yield* gitHub.commit(slug, { branch: "fix/one", files: { "one.txt": "2\n" }, message: "Two" })
      yield* ask(() => octokit.pulls.create(draft))
      yield* gitHub.deleteBranch(slug, "fix/one")
      assert.strictEqual((yield* ask(() => octokit.pulls.get({ ...repo, pull_number: 2 }))).data.state, "closed")
      assert.strictEqual((yield* reopen(2)).status, 422)
    }))

  it.scoped("makes a draft ready and a draft again, over GraphQL", () =>
    Effect.gen(function*() {
      const { gitHub, octokit } = yield* make
      const { data } = yield* ask(() => octokit.pulls.create(draft))
      const mutate = (name: string, id: string) =>
        ask(() =>
          octokit.graphql(`mutation($id: ID!) { ${name}(input: { pullRequestId: $id }) { pullRequest { isDraft } } }`, {
            id
          })
        )
      const isDraft = Effect.map(gitHub.pullRequests(slug), ([pull]) => pull?.draft)
      yield* mutate("markPullRequestReadyForReview", data.node_id)
      assert.isFalse(yield* isDraft)
      yield* mutate("convertPullRequestToDraft", data.node_id)
      assert.isTrue(yield* isDraft)
      assert.include(
        String(yield* Effect.flip(mutate("convertPullRequestToDraft", "PR_0"))),
        "Could not resolve to a node"
      )
      const rest = yield* ask(() => octokit.request("PATCH /repos/acme/site/pulls/1", { draft: false }))
      assert.strictEqual(rest.data.draft, true)
    }))

  it.scoped("takes comments and labels", () =>
    Effect.gen(function*() {
      const { gitHub, octokit } = yield* make
      const issue = { ...repo, issue_number: 1 }
      assert.strictEqual((yield* refusal(() => octokit.issues.createComment({ ...issue, body: "x" }))).status, 404)
      yield* ask(() => octokit.pulls.create(draft))
      yield* ask(() => octokit.issues.createComment({ ...issue, body: "Looks good." }))
      yield* ask(() => octokit.issues.addLabels({ ...issue, labels: ["opentl", "bug"] }))
      const labels = yield* ask(() => octokit.issues.addLabels({ ...issue, labels: ["bug"] }))
      assert.deepStrictEqual(labels.data.map((label) => label.name), ["opentl", "bug"])
      const comments = yield* ask(() => octokit.issues.listComments(issue))
      assert.deepStrictEqual(comments.data.map((comment) => comment.body), ["Looks good."])
      const [pull] = yield* gitHub.pullRequests(slug)
      assert.deepStrictEqual(pull?.labels, ["opentl", "bug"])
    }))

  it.scoped("lists in pages that link to one another", () =>
    Effect.gen(function*() {
      const { gitHub, octokit } = yield* make
      for (const branch of ["a", "b", "c", "d", "e"]) {
        yield* gitHub.commit(slug, { branch, files: { [branch]: branch }, message: branch })
        yield* ask(() => octokit.pulls.create({ ...draft, head: branch }))
      }
      const all = yield* ask(() => octokit.paginate(octokit.pulls.list, { ...repo, per_page: 2 }))
      assert.deepStrictEqual(all.map((pull) => pull.number), [5, 4, 3, 2, 1])
    }))
})
