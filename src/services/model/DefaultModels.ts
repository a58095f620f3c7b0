/** The models used if OPENTL_PLANNER_MODEL or OPENTL_AGENT_MODEL is not set. */
export const defaultModels = { anthropic: "claude-sonnet-5-5", openai: "gpt-6.2-sol" } as const
