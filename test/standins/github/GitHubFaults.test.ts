import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { ask, connect, connectWithoutToken, draft, make, refusal, repo, slug } from "./GitHubClients.ts"
import * as GitHubStandIn from "./GitHubStandIn.ts"

layer(NodeContext.layer)("GitHubStandIn: refusals and faults", (it) => {
  it.scoped("lets nobody in without the token, nor to what is not there", () =>
    Effect.gen(function*() {
      const { gitHub, octokit } = yield* make
      const get = (auth: string) => refusal(() => connect(gitHub.apiUrl, auth).repos.get(repo))
      const wrong = yield* get("ghp_dummy")
      assert.deepStrictEqual([wrong.status, wrong.message], [401, "Bad credentials"])
      const anonymous = yield* refusal(() => connectWithoutToken(gitHub.apiUrl).repos.get(repo))
      assert.deepStrictEqual([anonymous.status, anonymous.message], [401, "Requires authentication"])
      const absent = yield* refusal(() => octokit.repos.get({ ...repo, repo: "other" }))
      assert.deepStrictEqual([absent.status, absent.message], [404, "Not Found"])
      assert.strictEqual((yield* refusal(() => octokit.request("GET /emojis"))).status, 404)
      const branch = yield* refusal(() => octokit.repos.getBranch({ ...repo, branch: "absent" }))
      assert.deepStrictEqual([branch.status, branch.message], [404, "Branch not found"])
      yield* gitHub.createRepository({ owner: "acme", name: "read", files: { a: "a" }, push: false })
      yield* gitHub.commit("acme/read", { branch: "b", files: { b: "b" }, message: "b" })
      const forbidden = yield* refusal(() => octokit.pulls.create({ ...draft, repo: "read", head: "b" }))
      assert.strictEqual(forbidden.status, 403)
      assert.isTrue(yield* gitHub.saw("ghp_dummy"))
    }))

  it.scoped("fails as it was ordered, and only so often", () =>
    Effect.gen(function*() {
      const { gitHub, octokit } = yield* make
      const get = () => octokit.repos.get(repo)
      yield* gitHub.failNext(GitHubStandIn.serverError(502), { times: 2 })
      yield* gitHub.failNext(GitHubStandIn.rateLimited(7))
      yield* gitHub.failNext(GitHubStandIn.secondaryLimit(60), { when: (request) => request.method === "POST" })
      assert.strictEqual((yield* refusal(get)).status, 502)
      assert.strictEqual((yield* refusal(get)).status, 502)
      const limited = yield* refusal(get)
      assert.deepStrictEqual([limited.status, limited.headers["retry-after"]], [429, "7"])
      yield* ask(get)
      const secondary = yield* refusal(() => octokit.pulls.create(draft))
      assert.deepStrictEqual([secondary.status, secondary.headers["retry-after"]], [403, "60"])
      assert.isEmpty(yield* gitHub.pullRequests(slug))
    }))

  it.scoped("loses an answer after the deed, and resets before it", () =>
    Effect.gen(function*() {
      const { gitHub, octokit } = yield* make
      yield* gitHub.failNext(GitHubStandIn.reset)
      yield* Effect.flip(ask(() => octokit.pulls.create(draft)))
      assert.isEmpty(yield* gitHub.pullRequests(slug))
      yield* gitHub.failNext(GitHubStandIn.loseAnswer)
      yield* Effect.flip(ask(() => octokit.pulls.create(draft)))
      assert.strictEqual((yield* gitHub.pullRequests(slug)).length, 1)
      assert.deepStrictEqual((yield* gitHub.journal.entries).map((entry) => entry.outcome), ["lost", "lost"])
    }))

  it.scoped("carries out what it was asked, though the client goes away", () =>
    Effect.gen(function*() {
      const { gitHub, octokit } = yield* make
      const asking = yield* Effect.fork(
        Effect.tryPromise((signal) => octokit.pulls.create({ ...draft, request: { signal } }))
      )
      yield* gitHub.journal.awaitEntry((entry) => entry.method === "POST")
      yield* Fiber.interrupt(asking)
      yield* gitHub.journal.awaitEntry((entry) => entry.outcome === "answered")
      assert.strictEqual((yield* gitHub.pullRequests(slug)).length, 1)
    }))

  it.scoped("holds an answer until it is let go", () =>
    Effect.gen(function*() {
      const { gitHub, octokit } = yield* make
      const gate = yield* Deferred.make<void>()
      yield* gitHub.failNext(GitHubStandIn.hold(Deferred.await(gate)))
      const asking = yield* Effect.fork(ask(() => octokit.repos.get(repo)))
      const held = yield* gitHub.journal.awaitEntry((entry) => entry.path === "/repos/acme/site")
      assert.strictEqual(held.outcome, "open")
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual((yield* Fiber.join(asking)).status, 200)
    }))
})
