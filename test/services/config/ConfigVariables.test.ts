import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Agent } from "../../../src/domain/Agent.ts"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import { load, sentence } from "./ConfigKit.ts"

describe("a configuration variable", () => {
  const accepted: ReadonlyArray<
    readonly [name: string, text: string, pick: (config: AppConfigShape) => unknown, value: unknown]
  > = [
    ["OPENTL_ADDR", "0.0.0.0:80", (config) => config.address, { host: "0.0.0.0", port: 80 }],
    ["OPENTL_ADDR", ":7080", (config) => config.address, { host: "0.0.0.0", port: 7080 }],
    ["OPENTL_ADDR", "[::1]:7080", (config) => config.address, { host: "::1", port: 7080 }],
    ["OPENTL_MEMORY", "512m", (config) => config.limits.memoryBytes, 512 * 1024 ** 2],
    ["OPENTL_MEMORY", "1.5GiB", (config) => config.limits.memoryBytes, 1.5 * 1024 ** 3],
    ["OPENTL_MEMORY", "268435456", (config) => config.limits.memoryBytes, 268_435_456],
    ["OPENTL_OUTPUT_LIMIT", "1m", (config) => config.limits.outputBytes, 1024 ** 2],
    ["OPENTL_DISK", "20g", (config) => config.limits.diskBytes, 20 * 1024 ** 3],
    ["OPENTL_DISK_RESERVE", "0", (config) => config.limits.diskReserveBytes, 0],
    ["OPENTL_WORKSPACE_RETENTION", "12 hours", (config) => config.workspaceRetention, Option.some(Duration.hours(12))],
    ["OPENTL_WORKSPACE_RETENTION", "off", (config) => config.workspaceRetention, Option.none()],
    ["OPENTL_SESSION_TIMEOUT", "45s", (config) => Duration.toSeconds(config.sessionTimeout), 45],
    ["OPENTL_SESSION_TIMEOUT", "2 hours", (config) => Duration.toHours(config.sessionTimeout), 2],
    ["SLACK_DEFAULT_REPO", "https://github.com/a/b.git", (config) => config.slack.defaultRepo, Option.some("a/b")],
    ["TELEGRAM_DEFAULT_REPO", "git@github.com:a/b.git", (config) => config.telegram.defaultRepo, Option.some("a/b")],
    ["OPENTL_CPUS", "0.5", (config) => config.limits.cpus, 0.5],
    ["OPENTL_MAX_SESSIONS", "", (config) => config.maxSessions, 4],
    ["OPENTL_AGENT", "codex", (config) => config.agent, Option.some(Agent.Named({ name: "codex" }))],
    ["OPENTL_MODEL_PRICES", "", (config) => config.modelPrices, []],
    ["OPENTL_MODEL_PRICES", "a/b:1=0.5/1.5, gpt-5=1/8/0.1", (config) => config.modelPrices, [
      { model: "a/b:1", input: 0.5, output: 1.5 },
      { model: "gpt-5", input: 1, output: 8, cached: 0.1 }
    ]],
    ["OPENTL_MODEL_PRICES", "local=0/0", (config) => config.modelPrices, [{ model: "local", input: 0, output: 0 }]],
    ["DOCKER_HOST", "tcp://127.0.0.1:2375", (config) => config.docker.host, "tcp://127.0.0.1:2375"]
  ]
  it.effect.each(accepted)(
    "%s takes %j",
    ([name, text, pick, value]) =>
      Effect.map(load({ [name]: text }), (config) => assert.deepStrictEqual(pick(config), value))
  )

  const refused: ReadonlyArray<readonly [name: string, text: string]> = [
    ["OPENTL_ADDR", "7080"],
    ["OPENTL_ADDR", "127.0.0.1:99999"],
    ["OPENTL_ADDR", "[nonsense]:1"],
    ["OPENTL_MEMORY", "2 bananas"],
    ["OPENTL_MEMORY", "1k"],
    ["OPENTL_OUTPUT_LIMIT", "63k"],
    ["OPENTL_OUTPUT_LIMIT", "2t"],
    ["OPENTL_DISK", "off"],
    ["OPENTL_WORKSPACE_RETENTION", "14"],
    ["OPENTL_WORKSPACE_RETENTION", "0 days"],
    ["OPENTL_SESSION_TIMEOUT", "30"],
    ["OPENTL_SESSION_TIMEOUT", "PT30M"],
    ["OPENTL_SESSION_TIMEOUT", "2 days"],
    ["OPENTL_CPUS", "0"],
    ["OPENTL_PIDS", "1.5"],
    ["OPENTL_MAX_SESSIONS", "0"],
    ["OPENTL_REVIEW_ROUNDS", "-1"],
    ["OPENTL_EGRESS", "closed"],
    ["OPENTL_SANDBOX", "podman"],
    ["OPENTL_AGENT", "cursor"],
    ["OPENTL_BUDGET_USD", "0"],
    ["OPENTL_MODEL_PRICES", "gpt-5"],
    ["OPENTL_MODEL_PRICES", "gpt-5=1"],
    ["OPENTL_MODEL_PRICES", "gpt-5=1/2/3/4"],
    ["OPENTL_MODEL_PRICES", "gpt-5=1/-2"],
    ["OPENTL_MODEL_PRICES", "gpt-5=1/two"],
    ["OPENTL_MODEL_PRICES", "gpt-5=1/2,GPT-5=3/4"],
    ["OPENTL_FOUR_EYES", "maybe"],
    ["OPENTL_LOCAL_REPOS", "relative/path"],
    ["OPENTL_EGRESS_ALLOW", "not a domain"],
    ["OPENTL_IDENTITIES", "anna=irc:anna"],
    ["GITHUB_API_URL", "ftp://example.com"],
    ["SLACK_API_URL", "https://slack.com"],
    ["TELEGRAM_API_URL", "https://example.com/bot"],
    ["SLACK_DEFAULT_REPO", "../.."],
    ["SLACK_CHANNEL_REPOS", "C1"],
    ["DOCKER_HOST", "ssh://host"]
  ]
  it.effect.each(refused)(
    "%s refuses %j in one line that says what is accepted",
    ([name, text]) =>
      Effect.map(sentence({ [name]: text }), (message) => {
        assert.include(message, `${name} is "${text}": give `)
        assert.notInclude(message, "\n")
      })
  )

  it.effect.each(
    [
      ["OPENTL_API_TOKENS", "s3cret-without-name"],
      ["OPENTL_API_TOKENS", "a:s3cret,b:s3cret"],
      ["OPENTL_API_TOKENS", "a:s3cret,a:other"],
      ["GITHUB_TOKEN", "s3cret with space"],
      ["OPENTL_DATABASE_URL", "postgres://user:s3cret@host/db"]
    ] as const
  )("%s never shows its value", ([name, text]) =>
    Effect.map(sentence({ [name]: text }), (message) => {
      assert.include(message, name)
      assert.notInclude(message, "s3cret")
      assert.notInclude(message, "\n")
    }))

  it.effect("does not show the password of an address", () =>
    Effect.map(
      sentence({ OPENAI_BASE_URL: "https://user:s3cret@host" }),
      (message) => assert.notInclude(message, "s3cret")
    ))

  it.effect("says that Postgres is not supported yet", () =>
    Effect.map(
      sentence({ OPENTL_DATABASE_URL: "postgres://h/db" }),
      (message) => assert.include(message, "not supported yet")
    ))
})
