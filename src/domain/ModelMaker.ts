/** Who made a model. Pure. */

/** Whose models can be used; Google's only by public agents. */
export type ProviderName = "anthropic" | "openai" | "google"

/** Who made a model, where its name tells. */
export const makerOf = (model: string): ProviderName | undefined =>
  /^(gpt|chatgpt|codex|o\d)/.test(model)
    ? "openai"
    : model.startsWith("claude")
    ? "anthropic"
    : model.startsWith("gemini")
    ? "google"
    : undefined
