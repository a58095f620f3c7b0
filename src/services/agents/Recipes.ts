/** The public agents that OpenTL knows. */
import type { AgentName } from "../../domain/Agent.ts"
import { nodeMegabytes } from "../sandbox/ImageParts.ts"
import type { AgentRecipe } from "./AgentRecipe.ts"
import { claudeCode } from "./ClaudeCode.ts"
import { codex } from "./Codex.ts"
import { gemini } from "./Gemini.ts"
import { goose } from "./Goose.ts"
import { openCode } from "./OpenCode.ts"
import { pi } from "./Pi.ts"
import { qwen } from "./Qwen.ts"

/** In the order in which they are offered. */
export const recipes: ReadonlyArray<AgentRecipe> = [claudeCode, codex, openCode, pi, goose, qwen, gemini]

export const recipeOf = (name: AgentName): AgentRecipe | undefined => recipes.find((recipe) => recipe.name === name)

/** By how much the image grows, in MB: they share a node. */
export const megabytesOf = (agents: ReadonlyArray<AgentRecipe>): number =>
  agents.reduce((sum, { megabytes }) => sum + megabytes, nodeMegabytes)
