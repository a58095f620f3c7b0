/** Google's Gemini CLI, which speaks the protocol itself. */
import { type AgentRecipe, placeholderKey } from "./AgentRecipe.ts"

const settings = JSON.stringify({
  security: { auth: { selectedType: "gemini-api-key" } },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  general: {
    enableAutoUpdate: false,
    enableAutoUpdateNotification: false,
    disableAutoUpdate: true,
    disableUpdateNag: true
  }
})

export const gemini: AgentRecipe = {
  name: "gemini",
  packages: [{ name: "@google/gemini-cli", version: "0.61.0" }],
  megabytes: 100,
  programs: { gemini: { runs: "node", file: "node_modules/@google/gemini-cli/bundle/gemini.js" } },
  providers: ["google"],
  launch: ({ name }) => ({
    arguments: ["--acp", "--approval-mode", "yolo", "--skip-trust", "-m", name],
    environment: {
      GEMINI_API_KEY: placeholderKey,
      GOOGLE_GEMINI_BASE_URL: "{{GOOGLE_GEMINI_BASE_URL}}",
      GEMINI_TELEMETRY_ENABLED: "false",
      GEMINI_CLI_TRUST_WORKSPACE: "true"
    },
    files: [{ path: ".gemini/settings.json", content: settings }],
    // to load a session destroys it
    continues: []
  })
}
