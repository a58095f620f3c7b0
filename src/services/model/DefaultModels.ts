/** The models that are asked where none is named: OPENTL_PLANNER_MODEL and OPENTL_AGENT_MODEL take their place. */
export const defaultModels = { anthropic: "claude-sonnet-5-5", openai: "gpt-6.2-sol" } as const
