/** opencode, which speaks the protocol itself. */
import type { AgentModel, AgentRecipe } from "./AgentRecipe.ts"
import { among, placeholderKey } from "./AgentRecipe.ts"

const usable = ["anthropic", "openai"] as const

const providers = {
  anthropic: { npm: "@ai-sdk/anthropic", baseURL: "{{ANTHROPIC_BASE_URL}}/v1" },
  openai: { npm: "@ai-sdk/openai", baseURL: "{{OPENAI_BASE_URL}}" }
} as const

const configuration = ({ name, provider }: AgentModel): string => {
  const { baseURL, npm } = providers[among(usable, provider)]
  const model = `opentl/${name}`
  return JSON.stringify({
    $schema: "https://opencode.ai/config.json",
    autoupdate: false,
    share: "disabled",
    model,
    // for titles and summaries
    small_model: model,
    permission: "allow",
    enabled_providers: ["opentl"],
    provider: {
      opentl: {
        npm,
        name: "OpenTL",
        options: { baseURL, apiKey: placeholderKey },
        models: { [name]: { name, limit: { context: 200_000, output: 8_192 } } }
      }
    }
  })
}

export const openCode: AgentRecipe = {
  name: "opencode",
  packages: [{ name: "opencode-ai", version: "1.18.33" }],
  megabytes: 350,
  programs: { opencode: { runs: "itself", file: "node_modules/opencode-linux-{{cpu}}/bin/opencode" } },
  providers: usable,
  launch: (model) => ({
    arguments: ["acp"],
    environment: {
      OPENCODE_CONFIG_CONTENT: configuration(model),
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
      OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
      OPENCODE_DISABLE_SHARE: "1"
    },
    files: [],
    continues: ["resume", "load"]
  })
}
