/** OpenAI's Codex, through its adapter for the protocol, which brings it. */
import { type AgentRecipe, placeholderKey } from "./AgentRecipe.ts"

/** A string of TOML: the escapes that JSON uses are among TOML's. */
const quoted = (text: string): string => JSON.stringify(text)

const configuration = (model: string): string =>
  `model = ${quoted(model)}
model_provider = "opentl"
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false
web_search = "disabled"

[features]
plugins = false

[skills.bundled]
enabled = false

[analytics]
enabled = false

[model_providers.opentl]
name = "OpenTL"
base_url = "{{OPENAI_BASE_URL}}"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
`

export const codex: AgentRecipe = {
  name: "codex",
  packages: [{ name: "@agentclientprotocol/codex-acp", version: "2.6.0" }],
  megabytes: 450,
  programs: { codex: { runs: "node", file: "node_modules/@agentclientprotocol/codex-acp/dist/index.js" } },
  providers: ["openai"],
  launch: ({ name }) => ({
    arguments: [],
    environment: { OPENAI_API_KEY: placeholderKey, NO_BROWSER: "1", INITIAL_AGENT_MODE: "agent-full-access" },
    files: [{ path: ".codex/config.toml", content: configuration(name) }],
    continues: ["resume", "load"]
  })
}
