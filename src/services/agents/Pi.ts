/** pi, through its adapter for the protocol. */
import { type AgentModel, type AgentRecipe, among, placeholderKey, programPath } from "./AgentRecipe.ts"

const usable = ["anthropic", "openai"] as const

const apis = {
  anthropic: { api: "anthropic-messages", baseUrl: "{{ANTHROPIC_BASE_URL}}" },
  openai: { api: "openai-responses", baseUrl: "{{OPENAI_BASE_URL}}" }
} as const

/** What a call costs is counted at the gateway; pi wants figures of its own. */
const free = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }

const models = ({ name, provider }: AgentModel): string =>
  JSON.stringify({
    providers: {
      opentl: {
        ...apis[among(usable, provider)],
        apiKey: placeholderKey,
        models: [{
          id: name,
          name,
          reasoning: false,
          input: ["text"],
          cost: free,
          contextWindow: 200_000,
          maxTokens: 8_192
        }]
      }
    }
  })

export const pi: AgentRecipe = {
  name: "pi",
  // later versions of the agent cannot be installed beside the adapter
  packages: [{ name: "@earendil-works/pi-coding-agent", version: "0.87.1" }, { name: "pi-acp", version: "0.0.34" }],
  megabytes: 165,
  programs: {
    pi: { runs: "node", file: "node_modules/pi-acp/dist/index.js" },
    "pi-agent": { runs: "node", file: "node_modules/@earendil-works/pi-coding-agent/dist/cli.js" }
  },
  providers: usable,
  launch: (model) => ({
    arguments: [],
    environment: {
      PI_OFFLINE: "1",
      PI_TELEMETRY: "0",
      PI_SKIP_VERSION_CHECK: "1",
      PI_ACP_PI_COMMAND: programPath("pi-agent")
    },
    files: [
      { path: ".pi/agent/models.json", content: models(model) },
      {
        path: ".pi/agent/settings.json",
        content: JSON.stringify({
          defaultProvider: "opentl",
          defaultModel: model.name,
          enableInstallTelemetry: false,
          quietStartup: true
        })
      }
    ],
    continues: ["load"]
  })
}
