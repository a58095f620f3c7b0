/** The models used if OPENTL_PLANNER_MODEL or OPENTL_AGENT_MODEL is not set; Google's only by agents. */
export const defaultModels = {
  anthropic: "claude-sonnet-5-5",
  openai: "gpt-6.2-sol",
  google: "gemini-2.5-pro"
} as const
