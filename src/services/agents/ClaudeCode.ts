/** Anthropic's Claude Code, through its adapter for the protocol, which brings it. */
import { type AgentRecipe, placeholderKey } from "./AgentRecipe.ts"

export const claudeCode: AgentRecipe = {
  name: "claude-code",
  packages: [{ name: "@agentclientprotocol/claude-agent-acp", version: "0.101.0" }],
  megabytes: 400,
  programs: {
    "claude-code": { runs: "node", file: "node_modules/@agentclientprotocol/claude-agent-acp/dist/index.js" }
  },
  providers: ["anthropic"],
  launch: ({ name }) => ({
    arguments: [],
    environment: {
      ANTHROPIC_BASE_URL: "{{ANTHROPIC_BASE_URL}}",
      ANTHROPIC_API_KEY: placeholderKey,
      ANTHROPIC_MODEL: name,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      // after each turn it asks for what a person may type next, with the whole conversation: what that costs is for nobody,
      // and an error of it would count as the agent's last
      CLAUDE_CODE_ENABLE_PROMPT_SUGGESTION: "false",
      // without it, the mode below is refused to root
      IS_SANDBOX: "1"
    },
    files: [],
    mode: "bypassPermissions",
    continues: ["resume", "load"]
  })
}
