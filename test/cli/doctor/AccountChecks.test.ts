/** The keys and tokens that `opentl doctor` tries. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { accountChecks, githubVerdict, modelVerdict } from "../../../src/cli/doctor/AccountChecks.ts"
import { chatChecks } from "../../../src/cli/doctor/ChatChecks.ts"
import { findings } from "./DoctorKit.ts"

const answer = (status: number, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  headers,
  body: { login: "ada" }
})

describe("github", () => {
  it("needs the scope that a push needs", () => {
    assert.strictEqual(githubVerdict(answer(200, { "x-oauth-scopes": "repo, workflow" })).status, "ok")
    assert.strictEqual(githubVerdict(answer(200, { "x-oauth-scopes": "public_repo" })).status, "warn")
    assert.strictEqual(githubVerdict(answer(200, { "x-oauth-scopes": "read:org" })).status, "fail")
    assert.strictEqual(githubVerdict(answer(200)).status, "ok")
    assert.strictEqual(githubVerdict(answer(401)).status, "fail")
    assert.strictEqual(githubVerdict(answer(403)).status, "warn")
    assert.strictEqual(githubVerdict(answer(502)).status, "fail")
  })
})

describe("model", () => {
  it("tells a wrong key from a service that lists no models", () => {
    const status = (n: number) => modelVerdict("KEY", "https://llm.test", answer(n)).status
    assert.deepStrictEqual([200, 401, 403, 404, 500].map(status), ["ok", "fail", "fail", "warn", "fail"])
  })
})

describe("accounts", () => {
  it.effect("are asked with the keys that are set, at the addresses that are set", () =>
    Effect.gen(function*() {
      const found = yield* findings(
        accountChecks,
        {
          GITHUB_TOKEN: "ghp_secret",
          GITHUB_API_URL: "https://ghe.test/api/v3",
          ANTHROPIC_API_KEY: "sk-secret",
          ANTHROPIC_BASE_URL: "https://anthropic.test",
          OPENAI_API_KEY: "sk-other",
          OPENAI_BASE_URL: "https://openai.test/v1"
        },
        {
          "https://ghe.test/api/v3/user": [200, { login: "ada" }, { "x-oauth-scopes": "repo" }],
          "https://anthropic.test/v1/models?limit=1": [200, {}],
          "https://openai.test/v1/models": [401, {}]
        }
      )
      assert.deepStrictEqual(found.get("github"), { check: "github", status: "ok", detail: "ada, scopes repo" })
      assert.deepInclude(found.get("model"), { status: "fail", mend: "check OPENAI_API_KEY" })
      assert.notInclude(JSON.stringify([...found.values()]), "secret")
    }))

  it.effect("that work are told with the models that plan and review", () =>
    Effect.gen(function*() {
      const models = (variables: Readonly<Record<string, string>>) =>
        Effect.map(
          findings(accountChecks, {
            ANTHROPIC_API_KEY: "sk-secret",
            ANTHROPIC_BASE_URL: "https://anthropic.test",
            ...variables
          }, { "https://anthropic.test/v1/models?limit=1": [200, {}], "https://openai.test/v1/models": [200, {}] }),
          (found) => found.get("model")
        )
      const both = { OPENAI_API_KEY: "sk-other", OPENAI_BASE_URL: "https://openai.test/v1" }
      assert.include((yield* models({}))?.detail, "; claude-sonnet-5-5 plans, claude-sonnet-5-5 reviews")
      const other = yield* models({ ...both, OPENTL_REVIEWER_MODEL: "gpt-5" })
      assert.strictEqual(other?.status, "ok")
      assert.include(other?.detail, "; claude-sonnet-5-5 plans, gpt-5 reviews")
      const unusable = yield* models({ OPENTL_PLANNER_MODEL: "gemini-x", OPENTL_REVIEWER_MODEL: "claude-opus-5" })
      assert.strictEqual(unusable?.status, "warn")
      assert.include(unusable?.detail, "cannot use gemini-x")
    }))

  it.effect("that are not set are said to be missing", () =>
    Effect.gen(function*() {
      const found = yield* findings(accountChecks, {})
      assert.strictEqual(found.get("github")?.status, "warn")
      assert.strictEqual(found.get("model")?.status, "fail")
      const withCommand = yield* findings(accountChecks, { OPENTL_AGENT: "command:make" })
      assert.strictEqual(withCommand.get("model")?.status, "warn")
      assert.strictEqual(withCommand.get("agent")?.status, "ok")
      const automatic = yield* findings(accountChecks, { ANTHROPIC_API_KEY: "", OPENTL_SANDBOX: "local" })
      assert.deepInclude(automatic.get("agent"), {
        status: "ok",
        detail: "auto chose opentl: the local sandbox has no other agent"
      })
      const missing = yield* findings(accountChecks, { OPENTL_AGENT: "codex", OPENTL_SANDBOX: "local" })
      assert.strictEqual(missing.get("agent")?.status, "fail")
    }))
})

describe("chat", () => {
  const slack = {
    SLACK_BOT_TOKEN: "xoxb-secret",
    SLACK_APP_TOKEN: "xapp-secret",
    SLACK_API_URL: "https://slack.test/api/"
  }
  const telegram = {
    TELEGRAM_BOT_TOKEN: "7:secret",
    TELEGRAM_API_URL: "https://telegram.test",
    TELEGRAM_ALLOWED_USERS: "7"
  }

  it.effect("is off where no token is set", () =>
    Effect.gen(function*() {
      const found = yield* findings(chatChecks, {})
      assert.deepStrictEqual([...found.values()].map(({ status }) => status), ["ok", "ok"])
    }))

  it.effect("says who the tokens belong to", () =>
    Effect.gen(function*() {
      const found = yield* findings(chatChecks, { ...slack, ...telegram }, {
        "https://slack.test/api/auth.test": [200, { ok: true, team: "Acme", user: "opentl" }],
        "https://slack.test/api/apps.connections.open": [200, { ok: true }],
        "https://telegram.test/bot7:secret/getMe": [200, { ok: true, result: { username: "opentl_bot" } }]
      })
      assert.deepInclude(found.get("slack"), {
        status: "warn",
        detail:
          "opentl in Acme: everybody in the workspace may start sessions and steer them, guests and shared channels included",
        mend: "set SLACK_ALLOWED_USERS or SLACK_ALLOWED_CHANNELS"
      })
      assert.strictEqual(found.get("telegram")?.detail, "@opentl_bot")
    }))

  it.effect("says so where not everybody in the workspace may start sessions", () =>
    Effect.gen(function*() {
      for (const allowed of [{ SLACK_ALLOWED_USERS: "U1" }, { SLACK_ALLOWED_CHANNELS: "C1" }]) {
        const found = yield* findings(chatChecks, { ...slack, ...allowed }, {
          "https://slack.test/api/auth.test": [200, { ok: true, team: "Acme", user: "opentl" }],
          "https://slack.test/api/apps.connections.open": [200, { ok: true }]
        })
        assert.deepStrictEqual(found.get("slack"), { check: "slack", status: "ok", detail: "opentl in Acme" })
      }
    }))

  it.effect("names the scopes that Slack's token lacks", () =>
    Effect.gen(function*() {
      const found = yield* findings(chatChecks, slack, {
        "https://slack.test/api/auth.test": [200, { ok: true, team: "Acme", user: "opentl" }, {
          "x-oauth-scopes": "chat:write"
        }],
        "https://slack.test/api/apps.connections.open": [200, { ok: true }]
      })
      assert.strictEqual(found.get("slack")?.status, "fail")
      assert.include(found.get("slack")?.detail ?? "", "app_mentions:read")
    }))

  it.effect("fails with wrong tokens, and shows none of them", () =>
    Effect.gen(function*() {
      const found = yield* findings(chatChecks, { ...slack, ...telegram }, {
        "https://slack.test/api/auth.test": [200, { ok: false, error: "invalid_auth" }],
        "https://telegram.test/bot7:secret/getMe": [401, { ok: false, description: "Unauthorized" }]
      })
      assert.deepInclude(found.get("slack"), { status: "fail", detail: "SLACK_BOT_TOKEN: invalid_auth" })
      assert.deepInclude(found.get("telegram"), { status: "fail", detail: "Unauthorized" })
      const unreachable = yield* findings(chatChecks, { ...slack, ...telegram })
      assert.notInclude(JSON.stringify([...unreachable.values()]), "secret")
      assert.deepStrictEqual([...unreachable.values()].map(({ status }) => status), ["fail", "fail"])
    }))

  it.effect("needs both of Slack's tokens, and somebody that the Telegram bot takes tasks from", () =>
    Effect.gen(function*() {
      const found = yield* findings(chatChecks, {
        ...telegram,
        SLACK_BOT_TOKEN: "xoxb-secret",
        TELEGRAM_ALLOWED_USERS: ""
      }, {
        "https://telegram.test/bot7:secret/getMe": [200, { ok: true, result: {} }]
      })
      assert.deepInclude(found.get("slack"), { status: "fail", detail: "SLACK_APP_TOKEN is not set" })
      assert.strictEqual(found.get("telegram")?.status, "fail")
    }))
})
