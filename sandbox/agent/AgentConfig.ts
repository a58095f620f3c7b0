import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { anthropicDialect } from "./AnthropicDialect.ts"
import type { Dialect } from "./Dialect.ts"
import { openAiDialect } from "./OpenAiDialect.ts"

const dialects = {
  anthropic: { dialect: anthropicDialect, prefix: "ANTHROPIC" },
  openai: { dialect: openAiDialect, prefix: "OPENAI" }
}

const withoutSlash = (url: string) => url.replace(/\/+$/, "")

/** The agent's configuration, from environment variables set by the entrypoint. README.md lists them. */
export class AgentConfig extends Context.Tag("opentl/agent/AgentConfig")<AgentConfig, {
  readonly promptFile: string
  readonly answerFile: string
  readonly model: string
  /** The most replies of the model in one round, not counting the final summary. */
  readonly maxSteps: number
  readonly dialect: Dialect
  readonly baseUrl: string
  readonly apiKey: Redacted.Redacted
}>() {
  static readonly layer = Layer.effect(
    AgentConfig,
    Effect.gen(function*() {
      const name = yield* Config.literal("anthropic", "openai")("OPENTL_AGENT_DIALECT")
      const { dialect, prefix } = dialects[name]
      return AgentConfig.of({
        dialect,
        promptFile: yield* Config.nonEmptyString("OPENTL_PROMPT_FILE"),
        answerFile: yield* Config.nonEmptyString("OPENTL_ANSWER_FILE"),
        model: yield* Config.nonEmptyString("OPENTL_AGENT_MODEL"),
        maxSteps: yield* Config.withDefault(Config.integer("OPENTL_AGENT_MAX_STEPS"), 60),
        baseUrl: withoutSlash(yield* Config.nonEmptyString(`${prefix}_BASE_URL`)),
        apiKey: yield* Config.redacted(`${prefix}_API_KEY`)
      })
    })
  )
}
