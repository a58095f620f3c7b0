import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { accountChecks, githubVerdict, modelVerdict } from "../../src/cli/AccountChecks.ts"
import { chatChecks } from "../../src/cli/ChatChecks.ts"
import { type DoctorCheck, examine, type Finding, ok } from "../../src/cli/DoctorCheck.ts"
import { examineEach, names } from "../../src/cli/DoctorChecks.ts"
import { findingLine } from "../../src/cli/DoctorCommand.ts"
import { atLeast, hostChecks, nodeVerdict } from "../../src/cli/HostChecks.ts"
import * as Style from "../../src/cli/Style.ts"
import { AppConfig } from "../../src/services/config/AppConfig.ts"
import { runCli, withEnvironment } from "./Harness.ts"

type Replies = Readonly<
  Record<string, readonly [status: number, body: unknown, headers?: Readonly<Record<string, string>>]>
>

/** A network where these addresses answer, and nothing else does. */
const network = (replies: Replies) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) => {
      const reply = replies[url.href]
      return reply === undefined
        ? Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport" }))
        : Effect.succeed(HttpClientResponse.fromWeb(
          request,
          new Response(JSON.stringify(reply[1]), { status: reply[0], headers: reply[2] ?? {} })
        ))
    })
  )

/** What the checks find, by their names. */
const findings = (
  checks: ReadonlyArray<DoctorCheck>,
  environment: Readonly<Record<string, string>>,
  replies: Replies = {}
) =>
  Effect.forEach(checks, examine).pipe(
    Effect.map((found) => new Map(found.map((finding) => [finding.check, finding]))),
    Effect.provide(AppConfig.layer.pipe(Layer.provideMerge(Layer.merge(network(replies), NodeContext.layer)))),
    withEnvironment(environment)
  )

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

  it.effect("that are not set are said to be missing", () =>
    Effect.gen(function*() {
      const found = yield* findings(accountChecks, {})
      assert.strictEqual(found.get("github")?.status, "warn")
      assert.strictEqual(found.get("model")?.status, "fail")
      const withCommand = yield* findings(accountChecks, { OPENTL_AGENT: "command:make" })
      assert.strictEqual(withCommand.get("model")?.status, "warn")
      assert.strictEqual(withCommand.get("agent")?.status, "ok")
      const missing = yield* findings(accountChecks, { OPENTL_AGENT: "codex" })
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

describe("host", () => {
  it.scoped("looks at what is there", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const found = yield* findings(hostChecks, { OPENTL_DATA_DIR: `${directory}/deep/data`, OPENTL_EGRESS: "none" })
      assert.include(found.get("node")?.detail ?? "", process.versions.node)
      assert.strictEqual(found.get("git")?.status, "ok")
      assert.include(found.get("data directory")?.detail, "made at the first start")
      assert.match(found.get("disk")?.detail ?? "", /GiB free/)
      assert.strictEqual(found.get("server")?.status, "fail")
      assert.strictEqual(found.get("network")?.status, "ok")
      assert.isFalse(yield* fs.exists(`${directory}/deep`))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.effect("asks the server that is named", () =>
    Effect.gen(function*() {
      const environment = { OPENTL_SERVER: "http://server.test/", OPENTL_EGRESS: "none" }
      const up = yield* findings(hostChecks, environment, { "http://server.test/health": [200, "ok"] })
      assert.strictEqual(up.get("server")?.status, "ok")
      const alone = yield* findings(hostChecks, { OPENTL_SERVER: "", OPENTL_EGRESS: "none" })
      assert.deepStrictEqual(alone.get("server"), {
        check: "server",
        status: "ok",
        detail: "none runs on this data directory; commands run embedded"
      })
    }))

  it("compares versions as numbers", () => {
    assert.isTrue(["20.18.1", "20.19.0", "20.100.0", "24.0.0", "100.0"].every((v) => atLeast(v, [20, 18, 1])))
    assert.isFalse(["20.18.0", "20.9.9", "18.20.1", "2.99"].some((version) => atLeast(version, [20, 18, 1])))
    assert.isTrue(atLeast("2.30", [2, 30]) && atLeast("2.39.5", [2, 30]) && !atLeast("2.9.9", [2, 30]))
  })

  it.effect("knows the Node that the package wants, and which get no fixes any more", () =>
    Effect.gen(function*() {
      const manifest = yield* FileSystem.FileSystem.pipe(
        Effect.flatMap((fs) => fs.readFileString(new URL("../../package.json", import.meta.url).pathname)),
        Effect.map((text) => JSON.parse(text).engines.node)
      )
      assert.match(nodeVerdict("20.18.0").mend ?? "", new RegExp(`at least ${manifest.replace(">=", "")}$`))
      const status = (version: string) => nodeVerdict(version).status
      assert.deepStrictEqual(["18.20.8", "20.18.0"].map(status), ["fail", "fail"])
      assert.deepStrictEqual(["20.18.1", "20.20.2", "21.7.3", "23.11.1"].map(status), ["warn", "warn", "warn", "warn"])
      assert.match(nodeVerdict("20.20.2").detail, /out of maintenance/)
      assert.deepStrictEqual(["22.21.0", "24.11.0", "26.1.0"].map(status), ["ok", "ok", "ok"])
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("doctor", () => {
  it.effect("does not wait for ever for a check", () =>
    Effect.gen(function*() {
      const examination = yield* Effect.fork(findings([{ name: "slow", run: Effect.never }], {}))
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual((yield* Fiber.join(examination)).get("slow")?.status, "fail")
    }))

  it.effect("tells each finding when it is known, and waits with none for another", () =>
    Effect.gen(function*() {
      const slow = yield* Deferred.make<void>()
      const told = yield* Queue.unbounded<string>()
      const check = (name: string, first: Effect.Effect<unknown>): DoctorCheck => ({
        name,
        run: Effect.as(first, ok(name))
      })
      const checks = [check("slow", Deferred.await(slow)), check("quick", Effect.void), check("other", Effect.void)]
      const examination = yield* examineEach(checks).pipe(
        Stream.runForEach((finding) => Queue.offer(told, finding.check)),
        Effect.provide(AppConfig.layer.pipe(Layer.provideMerge(Layer.merge(network({}), NodeContext.layer)))),
        withEnvironment({}),
        Effect.fork
      )
      assert.sameMembers([yield* Queue.take(told), yield* Queue.take(told)], ["quick", "other"])
      assert.strictEqual(yield* Queue.size(told), 0)
      yield* Deferred.succeed(slow, undefined)
      assert.strictEqual(yield* Queue.take(told), "slow")
      yield* Fiber.join(examination)
    }))

  it("prints a line a finding", () => {
    const material: ReadonlyArray<Finding> = [
      { check: "git", status: "ok", detail: "git 2.39.5" },
      { check: "sandbox", status: "fail", detail: "no\nimage", mend: "run `opentl sandbox build`" }
    ]
    assert.deepStrictEqual(material.map((finding) => findingLine(finding, 7, Style.plain)), [
      "ok    git      git 2.39.5",
      "fail  sandbox  no image → run `opentl sandbox build`"
    ])
  })

  it.live("fails where Docker is wanted and does not answer, with the mend", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* runCli(["doctor", "--json"], {
        environment: {
          OPENTL_SANDBOX: "docker",
          DOCKER_HOST: "unix:///nonexistent/docker.sock",
          OPENTL_EGRESS: "none",
          OPENTL_DATA_DIR: "/tmp"
        }
      })
      assert.strictEqual(code, 1)
      assert.strictEqual(err, "")
      const documents: ReadonlyArray<Finding> = JSON.parse(out)
      assert.deepStrictEqual(documents.map(({ check }) => check), names)
      const sandbox = documents.find(({ check }) => check === "sandbox")
      assert.strictEqual(sandbox?.status, "fail")
      assert.isNotEmpty(sandbox?.mend)
    }))

  it.effect("fails with a configuration that cannot be read", () =>
    Effect.gen(function*() {
      const { code, out } = yield* runCli(["doctor"], { environment: { OPENTL_CPUS: "lots" } })
      assert.strictEqual(code, 1)
      assert.match(out, /^fail {2}configuration {3}OPENTL_CPUS is "lots": give /)
    }))
})
