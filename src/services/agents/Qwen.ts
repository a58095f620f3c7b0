/** Qwen Code, which speaks the protocol itself. */
import { type AgentRecipe, placeholderKey } from "./AgentRecipe.ts"

const settings = JSON.stringify({
  security: { auth: { selectedType: "openai" } },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  general: { enableAutoUpdate: false, disableAutoUpdate: true },
  // each is a further model call a turn with the whole conversation: for a person at its terminal, and for a memory of its own
  ui: { enableFollowupSuggestions: false },
  memory: { enableManagedAutoMemory: false, enableManagedAutoDream: false, enableAutoSkill: false }
})

export const qwen: AgentRecipe = {
  name: "qwen",
  packages: [{ name: "@qwen-code/qwen-code", version: "0.24.4" }],
  megabytes: 150,
  programs: { qwen: { runs: "node", file: "node_modules/@qwen-code/qwen-code/cli.js" } },
  providers: ["openai"],
  launch: ({ name }) => ({
    arguments: ["--acp", "--approval-mode", "yolo", "--auth-type", "openai", "-m", name],
    environment: { OPENAI_API_KEY: placeholderKey, OPENAI_BASE_URL: "{{OPENAI_BASE_URL}}", OPENAI_MODEL: name },
    files: [{ path: ".qwen/settings.json", content: settings }],
    continues: ["resume", "load"]
  })
}
