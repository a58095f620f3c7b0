/** A configuration for tests: nothing is set, and nothing outside is named. */
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Agent } from "../../src/domain/Agent.ts"
import { AppConfig, type AppConfigShape } from "../../src/services/config/AppConfig.ts"

export const testConfig: AppConfigShape = {
  address: { host: "127.0.0.1", port: 0 },
  allowedHosts: [],
  dataDir: "/nonexistent/opentl-test",
  apiTokens: Option.none(),
  localRepos: [],
  server: Option.none(),
  github: {
    token: Option.none(),
    apiUrl: "http://127.0.0.1:1",
    serverUrl: "http://127.0.0.1:1",
    webhookSecret: Option.none()
  },
  anthropic: { apiKey: Option.none(), baseUrl: "http://127.0.0.1:1" },
  openai: { apiKey: Option.none(), baseUrl: "http://127.0.0.1:1/v1" },
  google: { apiKey: Option.none(), baseUrl: "http://127.0.0.1:1" },
  plannerModel: Option.none(),
  reviewerModel: Option.none(),
  agent: Option.some(Agent.Command({ line: "true" })),
  agentModel: Option.none(),
  sandbox: "local",
  docker: { image: "opentl-sandbox", network: Option.none(), host: "unix:///var/run/docker.sock" },
  limits: {
    memoryBytes: 2 * 1024 ** 3,
    cpus: 2,
    pids: 512,
    outputBytes: 64 * 1024 ** 2,
    diskBytes: 10 * 1024 ** 3,
    diskReserveBytes: 0
  },
  workspaceRetention: Option.none(),
  dependencyCache: Option.none(),
  maxSessions: 4,
  warmSandboxes: 0,
  reviewRounds: 2,
  rounds: 4,
  verify: "auto",
  verifyTimeout: Duration.minutes(10),
  gate: "on",
  commits: "squash",
  sessionTimeout: Duration.minutes(30),
  stallTimeout: Option.none(),
  questionTimeout: Duration.hours(24),
  llmTimeout: Duration.minutes(5),
  egress: "allowlist",
  egressAllow: [],
  egressRepos: [],
  sandboxCertificates: Option.none(),
  budgetUsd: Option.none(),
  budgetDayUsd: Option.none(),
  modelPrices: [],
  fourEyes: false,
  identities: [],
  slack: {
    botToken: Option.none(),
    appToken: Option.none(),
    apiUrl: "http://127.0.0.1:1/api/",
    defaultRepo: Option.none(),
    channelRepos: new Map(),
    allowedUsers: [],
    allowedChannels: []
  },
  telegram: {
    botToken: Option.none(),
    apiUrl: "http://127.0.0.1:1",
    defaultRepo: Option.none(),
    allowedUsers: []
  }
}

export const layerConfig = (changes: Partial<AppConfigShape> = {}) =>
  Layer.succeed(AppConfig, AppConfig.of({ ...testConfig, ...changes }))
