/** goose, which speaks the protocol itself. */
import { type AgentRecipe, among, placeholderKey } from "./AgentRecipe.ts"

const usable = ["anthropic", "openai"] as const

const providers = {
  anthropic: { ANTHROPIC_HOST: "{{ANTHROPIC_BASE_URL}}", ANTHROPIC_API_KEY: placeholderKey },
  openai: {
    OPENAI_HOST: "{{OPENAI_BASE_URL}}",
    OPENAI_BASE_PATH: "chat/completions",
    OPENAI_API_KEY: placeholderKey
  }
} as const

export const goose: AgentRecipe = {
  name: "goose",
  packages: [{ name: "@aaif/goose", version: "0.20.1" }],
  megabytes: 270,
  programs: { goose: { runs: "itself", file: "node_modules/@aaif/goose-binary-linux-{{cpu}}/bin/goose" } },
  providers: usable,
  launch: ({ name, provider }) => ({
    arguments: ["acp", "--with-builtin", "developer"],
    environment: {
      ...providers[among(usable, provider)],
      GOOSE_PROVIDER: provider,
      GOOSE_MODEL: name,
      GOOSE_MODE: "auto",
      GOOSE_DISABLE_KEYRING: "1",
      GOOSE_TELEMETRY_OFF: "1"
    },
    files: [],
    continues: ["load"]
  })
}
