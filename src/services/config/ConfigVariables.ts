/** Every variable of the configuration: one table for decoding, for `opentl config` and for the documentation. */
import { available } from "../../domain/Agent.ts"
import * as Value from "./ConfigValues.ts"
import { baseUrl, optional, repository, secret, withDefault, words } from "./ConfigVariable.ts"
import { turnVariables } from "./TurnVariables.ts"

export const variables = {
  address: withDefault("OPENTL_ADDR", "127.0.0.1:7080", {
    accepted: "host:port, as in 127.0.0.1:7080, [::1]:7080, or :7080 for every interface",
    doc: "Where the server listens.",
    read: Value.address
  }),
  allowedHosts: withDefault("OPENTL_ALLOWED_HOSTS", "", {
    accepted: "host names separated by commas, each with or without a port",
    doc: "Further accepted values of the Host header, for example behind a proxy.",
    read: Value.list(Value.host)
  }),
  dataDir: withDefault("OPENTL_DATA_DIR", "~/.opentl", {
    accepted: "a directory",
    doc: "Where sessions, mirrors and the token are kept. Read from the environment only.",
    read: Value.path
  }),
  server: optional("OPENTL_SERVER", {
    accepted: "an http(s) address",
    doc: "The server that the command line uses.",
    read: Value.url
  }),
  apiTokens: optional("OPENTL_API_TOKENS", {
    accepted: "name:token,name:token,… with no name and no token twice",
    doc: "Who may use the API. Unset: one token is created in <data dir>/token.",
    secret: true,
    read: Value.tokens
  }),
  localRepos: withDefault("OPENTL_LOCAL_REPOS", "", {
    accepted: "absolute directories separated by commas",
    doc: "Directories whose local repositories may be used over HTTP when the server is not bound to loopback.",
    read: Value.list(Value.absolutePath)
  }),
  databaseUrl: optional("OPENTL_DATABASE_URL", {
    accepted: "no value: Postgres is not supported yet by this version; if unset, SQLite in the data directory is used",
    doc: "Reserved for Postgres. Unset: SQLite in the data directory.",
    secret: true,
    read: Value.nothing
  }),
  githubToken: secret("GITHUB_TOKEN", "Used to clone, push and open pull requests."),
  githubApiUrl: baseUrl("GITHUB_API_URL", "https://api.github.com", "GitHub's API."),
  githubServerUrl: baseUrl(
    "GITHUB_SERVER_URL",
    "https://github.com",
    "The server that GitHub repositories are cloned from."
  ),
  githubWebhookSecret: secret(
    "GITHUB_WEBHOOK_SECRET",
    "Verifies GitHub's webhook deliveries. Unset: the webhook route does not exist."
  ),
  anthropicApiKey: secret("ANTHROPIC_API_KEY", "Key of the Anthropic API."),
  anthropicBaseUrl: baseUrl("ANTHROPIC_BASE_URL", "https://api.anthropic.com", "Anthropic's API, without /v1."),
  openaiApiKey: secret("OPENAI_API_KEY", "Key of the OpenAI API."),
  openaiBaseUrl: baseUrl("OPENAI_BASE_URL", "https://api.openai.com/v1", "OpenAI's API, with /v1."),
  geminiApiKey: secret("GEMINI_API_KEY", "Key of Google's Gemini API."),
  geminiBaseUrl: baseUrl(
    "GOOGLE_GEMINI_BASE_URL",
    "https://generativelanguage.googleapis.com",
    "Google's Gemini API, without /v1beta."
  ),
  plannerModel: optional("OPENTL_PLANNER_MODEL", {
    accepted: "a model's name",
    doc: "The model that plans, and reviews unless OPENTL_REVIEWER_MODEL names another.",
    read: Value.word
  }),
  agent: withDefault("OPENTL_AGENT", "auto", {
    accepted: `auto, ${available.join(", ")}, command:<shell line>, or acp:<shell line>`,
    doc: "The agent that works in the sandbox.",
    read: Value.agent
  }),
  agentModel: optional("OPENTL_AGENT_MODEL", {
    accepted: "a model's name",
    doc: "The agent's model.",
    read: Value.word
  }),
  sandbox: withDefault("OPENTL_SANDBOX", "auto", {
    accepted: "auto, docker or local",
    doc: "Where agents run.",
    read: Value.literal("auto", "docker", "local")
  }),
  dockerImage: withDefault("OPENTL_DOCKER_IMAGE", "opentl-sandbox", {
    accepted: "an image's name",
    doc: "The sandbox's image.",
    read: Value.word
  }),
  dockerNetwork: optional("OPENTL_DOCKER_NETWORK", {
    accepted: "a Docker network's name",
    doc: "A network for the sandbox, instead of none.",
    read: Value.word
  }),
  dockerHost: withDefault("DOCKER_HOST", "unix:///var/run/docker.sock", {
    accepted: "unix:///path or tcp://host:port",
    doc: "The Docker engine.",
    read: Value.dockerHost
  }),
  memory: withDefault("OPENTL_MEMORY", "2g", {
    accepted: "a size of at least 16m, as in 512m or 2g",
    doc: "Memory of one sandbox.",
    read: Value.bytes(16 * 1024 ** 2)
  }),
  cpus: withDefault("OPENTL_CPUS", "2", {
    accepted: "a number from 0.1 to 1024",
    doc: "CPUs of one sandbox.",
    read: Value.decimal(0.1, 1024)
  }),
  pids: withDefault("OPENTL_PIDS", "512", {
    accepted: "a whole number from 1 to 4194304",
    doc: "Processes and threads of one sandbox.",
    read: Value.integer(1, 4_194_304)
  }),
  outputLimit: withDefault("OPENTL_OUTPUT_LIMIT", "64m", {
    accepted: "a size from 64k to 1t, as in 16m",
    doc: "The most output of one round.",
    read: Value.bytes(64 * 1024, 1024 ** 4)
  }),
  disk: withDefault("OPENTL_DISK", "10g", {
    accepted: "a size of at least 16m, as in 512m or 20g",
    doc: "Disk of one sandbox: its session's workspace, and what a run writes elsewhere.",
    read: Value.bytes(16 * 1024 ** 2)
  }),
  diskReserve: withDefault("OPENTL_DISK_RESERVE", "1g", {
    accepted: "a size, as in 512m or 5g; 0 for none",
    doc: "How much must stay free on the workspaces' disk: with less, running rounds are ended.",
    read: Value.bytes(0)
  }),
  workspaceRetention: withDefault("OPENTL_WORKSPACE_RETENTION", "14 days", {
    accepted: "a duration from 1 minute to 3650 days, as in 12 hours or 14 days, or off",
    doc: "How long the workspace of an ended session is kept.",
    read: Value.orOff(Value.duration("1 minute", "3650 days"))
  }),
  dependencyCache: withDefault("OPENTL_DEPENDENCY_CACHE", "10g", {
    accepted: "a size of at least 16m, as in 512m or 20g, or off",
    doc: "Disk of the cache of installed dependencies.",
    read: Value.orOff(Value.bytes(16 * 1024 ** 2))
  }),
  maxSessions: withDefault("OPENTL_MAX_SESSIONS", "4", {
    accepted: "a whole number from 1 to 1000",
    doc: "How many sandboxes run at once.",
    read: Value.integer(1, 1000)
  }),
  warmSandboxes: withDefault("OPENTL_WARM", "1", {
    accepted: "a whole number from 0 to 20",
    doc: "How many sandboxes a server keeps waiting in Docker for sessions to come, and for those that rest.",
    read: Value.integer(0, 20)
  }),
  ...turnVariables,
  egress: withDefault("OPENTL_EGRESS", "allowlist", {
    accepted: "allowlist, none or open",
    doc:
      "What a sandbox can reach besides the model: package registries and OPENTL_EGRESS_ALLOW, nothing, or everything.",
    read: Value.literal("allowlist", "none", "open")
  }),
  egressAllow: withDefault("OPENTL_EGRESS_ALLOW", "", {
    accepted: "domains separated by commas, as in example.com or *.example.com",
    doc: "More domains that a sandbox can reach.",
    read: Value.list(Value.domain)
  }),
  egressRepos: withDefault("OPENTL_EGRESS_REPOS", "", {
    accepted: "repositories separated by commas, as in owner/name or owner/*",
    doc: "Repositories on GitHub whose own configuration may add domains that their sandboxes can reach.",
    read: Value.list(Value.repositories)
  }),
  sandboxCa: optional("OPENTL_SANDBOX_CA", {
    accepted: "the path of a readable file with certificates in PEM form, and without a key",
    doc: "Certificates that programs in a sandbox trust besides those of its image.",
    read: Value.line
  }),
  budgetUsd: optional("OPENTL_BUDGET_USD", {
    accepted: "a number from 0.01 to 10000",
    doc: "The most that one session may spend, in US dollars.",
    read: Value.decimal(0.01, 10_000)
  }),
  budgetDayUsd: optional("OPENTL_BUDGET_DAY_USD", {
    accepted: "a number from 0.01 to 100000",
    doc: "The most that all sessions together may spend in a UTC day, in US dollars.",
    read: Value.decimal(0.01, 100_000)
  }),
  modelPrices: withDefault("OPENTL_MODEL_PRICES", "", {
    accepted: "model=in/out or model=in/out/cached, separated by commas, in US dollars per million tokens",
    doc: "Model prices, which take precedence over the built-in lists.",
    read: Value.modelPrices
  }),
  fourEyes: withDefault("OPENTL_FOUR_EYES", "0", {
    accepted: "1 or 0",
    doc: "Whether a plan must be approved by someone other than the person who asked for it.",
    read: Value.flag
  }),
  identities: withDefault("OPENTL_IDENTITIES", "", {
    accepted: "name=slack:U1,telegram:7,github:login;…",
    doc: "Which chat users and GitHub logins belong to the same person.",
    read: Value.identities
  }),
  slackBotToken: secret("SLACK_BOT_TOKEN", "The Slack bot's token (xoxb-…)."),
  slackAppToken: secret("SLACK_APP_TOKEN", "The Slack app's token for Socket Mode (xapp-…)."),
  slackApiUrl: withDefault("SLACK_API_URL", "https://slack.com/api/", {
    accepted: "an http(s) address that ends in /api/",
    doc: "Slack's API.",
    read: Value.slackUrl
  }),
  slackDefaultRepo: repository("SLACK_DEFAULT_REPO", "The repository for Slack requests that name none."),
  slackChannelRepos: withDefault("SLACK_CHANNEL_REPOS", "", {
    accepted: "C1=owner/name,C2=owner/name,…",
    doc: "The repository for requests in each channel that name none.",
    read: Value.channelRepos
  }),
  slackAllowedUsers: words(
    "SLACK_ALLOWED_USERS",
    "user ids separated by commas",
    "Who may use the Slack bot. Unset: everyone in the workspace."
  ),
  slackAllowedChannels: words(
    "SLACK_ALLOWED_CHANNELS",
    "channel ids separated by commas",
    "The channels where the Slack bot may be used. Unset: all."
  ),
  telegramBotToken: secret("TELEGRAM_BOT_TOKEN", "The Telegram bot's token."),
  telegramApiUrl: withDefault("TELEGRAM_API_URL", "https://api.telegram.org", {
    accepted: "an http(s) address without a path",
    doc: "Telegram's API.",
    read: Value.originUrl
  }),
  telegramDefaultRepo: repository("TELEGRAM_DEFAULT_REPO", "The repository for Telegram requests that name none."),
  telegramAllowedUsers: words(
    "TELEGRAM_ALLOWED_USERS",
    "user ids or names separated by commas",
    "Who may use the Telegram bot. Unset: nobody."
  )
}
