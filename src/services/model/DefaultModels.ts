/** The models used if no variable names one (OPENTL_PLANNER_MODEL and the like); Google's only by agents. */
export const defaultModels = {
  anthropic: "claude-sonnet-5-5",
  openai: "gpt-6.2-sol",
  google: "gemini-2.5-pro"
} as const
