import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { BranchName } from "../../../src/domain/Ids.ts"
import { ForgeError, type Proposal } from "../../../src/services/forge/Forge.ts"
import { GitHub } from "../../../src/services/forge/GitHub.ts"
import { failure } from "../../../src/services/forge/GitHubFailure.ts"
import * as GitHubForge from "../../../src/services/forge/GitHubForge.ts"
import { layerConfig, testConfig } from "../../support/TestConfig.ts"

const head = BranchName.make("opentl/0123456789ab")
const repo = { _tag: "GitHub", owner: "acme", name: "app" } as const
const proposal: Proposal = { repo, head, base: BranchName.make("main"), title: "A", body: "B", draft: false }

const pullRequest = { number: 7, html_url: "https://github.test/7", node_id: "PR_7", draft: false, head: { ref: head } }

describe("GitHub", () => {
  it.effect("finds the pull request that somebody else opened a moment ago", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const github = Layer.mock(GitHub, {
        openPullRequests: () => Effect.sync(() => seen.push("find") === 1 ? [] : [pullRequest]),
        createPullRequest: () =>
          Effect.suspend(() => {
            seen.push("create")
            const reason = "Validation Failed: A pull request already exists for acme:opentl."
            return new ForgeError({ operation: "opening", status: 422, reason, isRetryable: false })
          }),
        updateBody: () => Effect.sync(() => void seen.push("update"))
      })
      const config = layerConfig({ github: { ...testConfig.github, token: Option.some(Redacted.make("ghp_real")) } })
      const forge = yield* Effect.provide(GitHubForge.make, Layer.merge(github, config))
      const { opened } = yield* forge.propose(repo, proposal)
      assert.isFalse(opened)
      assert.deepStrictEqual(seen, ["find", "create", "find", "update"])
    }))

  it.effect("waits for as long as a limit asks, and not for hours", () =>
    Effect.gen(function*() {
      let calls = 0
      const limited = (retryAfterMillis: number) =>
        new ForgeError({ operation: "reading", status: 403, reason: "limit", retryAfterMillis, isRetryable: true })
      const github = Layer.mock(GitHub, {
        defaultBranch: ({ name }) =>
          Effect.suspend(() => {
            calls++
            return name === "hours" ? limited(3_600_000) : calls === 1 ? limited(90_000) : Effect.succeed("main")
          })
      })
      const forge = yield* Effect.provide(GitHubForge.make, Layer.merge(github, layerConfig()))
      const fiber = yield* Effect.fork(forge.defaultBranch(repo))
      yield* TestClock.adjust("89 seconds")
      assert.strictEqual(calls, 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(fiber), "main")
      const error = yield* Effect.flip(forge.defaultBranch({ ...repo, name: "hours" }))
      assert.strictEqual(error._tag, "ForgeError")
      assert.strictEqual(calls, 3)
    }))

  it("reads what Octokit throws", () => {
    const github = { ...testConfig.github, token: Option.some(Redacted.make("ghp_secret")) }
    const thrown = (
      status: number,
      message: string,
      headers: Record<string, string> = {},
      errors: ReadonlyArray<unknown> = []
    ) => failure(github, "asking", { status, message, response: { headers, data: { message, errors } } }, 1_000_000)
    assert.deepInclude(
      thrown(403, "API rate limit exceeded", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1030" }),
      {
        isRetryable: true,
        retryAfterMillis: 30_000
      }
    )
    assert.deepInclude(thrown(403, "You have exceeded a secondary rate limit", { "retry-after": "7" }), {
      isRetryable: true,
      retryAfterMillis: 7_000
    })
    assert.strictEqual(thrown(403, "You have exceeded a secondary rate limit").retryAfterMillis, 60_000)
    assert.isFalse(thrown(403, "Resource not accessible by personal access token").isRetryable)
    assert.include(
      thrown(403, "Resource not accessible", { "x-accepted-github-permissions": "pull_requests=write" }).reason,
      "\"pull_requests=write\""
    )
    assert.isTrue(thrown(502, "Bad gateway").isRetryable)
    assert.strictEqual(
      thrown(422, "Validation Failed", {}, [{ message: "No commits between main and x" }]).reason,
      "Validation Failed: No commits between main and x"
    )
    const lost = failure(github, "asking", { status: 500, message: "connect ECONNREFUSED ghp_secret" }, 0)
    assert.deepInclude({ ...lost }, { isRetryable: true })
    assert.strictEqual(lost.status, undefined)
    assert.include(lost.reason, "ECONNREFUSED ***")
  })
})
