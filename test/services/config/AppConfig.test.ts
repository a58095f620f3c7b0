import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Agent } from "../../../src/domain/Agent.ts"
import { AppConfig } from "../../../src/services/config/AppConfig.ts"
import { variables } from "../../../src/services/config/ConfigVariables.ts"
import { describeConfig } from "../../../src/services/config/EffectiveConfig.ts"
import { load, withEnvironment } from "./ConfigKit.ts"

describe("AppConfig", () => {
  it.effect("has the documented defaults", () =>
    Effect.gen(function*() {
      const config = yield* load({})
      assert.deepStrictEqual(config.address, { host: "127.0.0.1", port: 7080 })
      assert.deepStrictEqual(config.limits, {
        memoryBytes: 2 * 1024 ** 3,
        cpus: 2,
        pids: 512,
        outputBytes: 64 * 1024 ** 2,
        diskBytes: 10 * 1024 ** 3,
        diskReserveBytes: 1024 ** 3
      })
      assert.deepStrictEqual(config.workspaceRetention, Option.some(Duration.days(14)))
      assert.strictEqual(Duration.toMinutes(config.sessionTimeout), 30)
      assert.strictEqual(Duration.toMinutes(config.llmTimeout), 5)
      assert.strictEqual(config.docker.image, "opentl-sandbox")
      assert.strictEqual(config.docker.host, "unix:///var/run/docker.sock")
      assert.deepStrictEqual(
        [config.maxSessions, config.reviewRounds, config.egress, config.sandbox, config.fourEyes],
        [4, 2, "allowlist", "auto", false]
      )
      assert.deepStrictEqual(
        [config.github.apiUrl, config.github.serverUrl, config.anthropic.baseUrl, config.openai.baseUrl],
        ["https://api.github.com", "https://github.com", "https://api.anthropic.com", "https://api.openai.com/v1"]
      )
      assert.deepStrictEqual([config.slack.apiUrl, config.telegram.apiUrl], [
        "https://slack.com/api/",
        "https://api.telegram.org"
      ])
      assert.isTrue(Option.isNone(config.apiTokens) && Option.isNone(config.agent) && Option.isNone(config.budgetUsd))
    }))

  it.effect("reads every kind of value", () =>
    Effect.gen(function*() {
      const config = yield* load({
        OPENTL_API_TOKENS: "ci:s3cret, anna:to:ken",
        OPENTL_AGENT: "command:make fix",
        OPENTL_BUDGET_USD: "2.50",
        OPENTL_FOUR_EYES: "1",
        OPENTL_ALLOWED_HOSTS: "OpenTL.example.com, box:8080",
        OPENTL_IDENTITIES: "Anna=slack:U1,telegram:7;Bo=github:bo",
        SLACK_CHANNEL_REPOS: "C1=a/b,C2=/srv/git/x",
        SLACK_API_URL: "http://127.0.0.1:9/api",
        GITHUB_API_URL: "http://127.0.0.1:9/gh/",
        TELEGRAM_ALLOWED_USERS: "7,8"
      })
      const tokens = Option.getOrThrow(config.apiTokens).map(({ name, token }) => [name, Redacted.value(token)])
      assert.deepStrictEqual(tokens, [["ci", "s3cret"], ["anna", "to:ken"]])
      assert.deepStrictEqual(config.agent, Option.some(Agent.Command({ line: "make fix" })))
      assert.deepStrictEqual([config.budgetUsd, config.fourEyes], [Option.some(2.5), true])
      assert.deepStrictEqual(config.allowedHosts, ["opentl.example.com", "box:8080"])
      assert.deepStrictEqual(config.identities, [
        { name: "Anna", via: "slack", id: "U1" },
        { name: "Anna", via: "telegram", id: "7" },
        { name: "Bo", via: "github", id: "bo" }
      ])
      assert.deepStrictEqual(Array.from(config.slack.channelRepos), [["C1", "a/b"], ["C2", "/srv/git/x"]])
      assert.deepStrictEqual([config.slack.apiUrl, config.github.apiUrl], [
        "http://127.0.0.1:9/api/",
        "http://127.0.0.1:9/gh"
      ])
      assert.deepStrictEqual(config.telegram.allowedUsers, ["7", "8"])
    }))

  it.effect("reads config.env behind the environment: quotes, comments, export, no expansion of $", () =>
    Effect.gen(function*() {
      const config = yield* load(
        { OPENTL_MAX_SESSIONS: "7", OPENTL_PIDS: "" },
        [
          "# a comment",
          "OPENTL_MAX_SESSIONS=9",
          "export OPENTL_PIDS=100 # many",
          "GITHUB_TOKEN='gh$TOKEN#1'",
          "SLACK_BOT_TOKEN=xoxb-$1",
          "OPENTL_SESSION_TIMEOUT=\"10 minutes\"",
          "OPENTL_CPUS="
        ].join("\n")
      )
      assert.deepStrictEqual([config.maxSessions, config.limits.pids, config.limits.cpus], [7, 100, 2])
      assert.strictEqual(Redacted.value(Option.getOrThrow(config.github.token)), "gh$TOKEN#1")
      assert.strictEqual(Redacted.value(Option.getOrThrow(config.slack.botToken)), "xoxb-$1")
      assert.strictEqual(Duration.toMinutes(config.sessionTimeout), 10)
    }))

  it.effect("refuses a config.env with a line that is no assignment", () =>
    Effect.map(Effect.flip(load({}, "OPENTL_PIDS=5\nnonsense\nOPENTL_CPUS=1")), (error) => {
      assert.strictEqual(error._tag, "ConfigFileInvalid")
      assert.include(error.message, "\"nonsense\" is not a line of the form NAME=value")
    }))

  it.effect("warns of a readable file with secrets and of unknown variables, and only then", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* fs.makeTempDirectoryScoped()
      const path = `${dataDir}/config.env`
      const warnings: Array<string> = []
      const logger = Logger.make(({ message }) => void warnings.push(String(message)))
      const warn = (content: string, mode: number) =>
        Effect.gen(function*() {
          warnings.length = 0
          yield* fs.writeFileString(path, content)
          yield* fs.chmod(path, mode)
          yield* Effect.provide(AppConfig, AppConfig.layer).pipe(
            withEnvironment({ OPENTL_DATA_DIR: dataDir }),
            Effect.provide(Logger.replace(Logger.defaultLogger, logger))
          )
          return [...warnings]
        })
      assert.deepStrictEqual(yield* warn("GITHUB_TOKEN=x", 0o600), [])
      assert.deepStrictEqual(yield* warn("OPENTL_PIDS=9", 0o644), [])
      assert.deepStrictEqual(yield* warn("GITHUB_TOKEN=x", 0o644), [
        `${path} contains secrets but everybody can read it: run chmod 600 ${path}`
      ])
      assert.deepStrictEqual(yield* warn("OPENTL_MAX_SESSION=9", 0o600), [
        `${path} sets unknown variables: OPENTL_MAX_SESSION`
      ])
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.effect("describes every variable with its source, secrets masked", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFileString(`${dataDir}/config.env`, "OPENTL_PIDS=9\n", { mode: 0o600 })
      const described = yield* describeConfig.pipe(
        withEnvironment({ OPENTL_DATA_DIR: dataDir, GITHUB_TOKEN: "s3cret", OPENTL_CPUS: "3" })
      )
      const of = (name: string) => described.find((value) => value.name === name)
      assert.lengthOf(described, Object.keys(variables).length)
      assert.deepStrictEqual(of("GITHUB_TOKEN"), {
        name: "GITHUB_TOKEN",
        value: "********",
        source: "environment",
        secret: true
      })
      assert.deepStrictEqual(of("OPENTL_PIDS"), { name: "OPENTL_PIDS", value: "9", source: "file", secret: false })
      assert.deepStrictEqual(of("OPENTL_MEMORY"), {
        name: "OPENTL_MEMORY",
        value: "2g",
        source: "default",
        secret: false
      })
      assert.deepStrictEqual(of("OPENAI_API_KEY"), {
        name: "OPENAI_API_KEY",
        value: "",
        source: "default",
        secret: true
      })
      assert.deepStrictEqual(of("OPENTL_DATA_DIR"), {
        name: "OPENTL_DATA_DIR",
        value: dataDir,
        source: "environment",
        secret: false
      })
      assert.notInclude(JSON.stringify(described), "s3cret")
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
})
