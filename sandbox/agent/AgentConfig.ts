import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { anthropicDialect } from "./AnthropicDialect.ts"
import type { Dialect, DialectName } from "./Dialect.ts"
import { openAiDialect } from "./OpenAiDialect.ts"

const dialects = {
  anthropic: { dialect: anthropicDialect, prefix: "ANTHROPIC", url: "https://api.anthropic.com" },
  openai: { dialect: openAiDialect, prefix: "OPENAI", url: "https://api.openai.com/v1" }
}

const withoutSlash = (url: string) => url.replace(/\/+$/, "")

const dialectName = Config.literal("anthropic", "openai")("OPENTL_AGENT_DIALECT")

/** The agent's configuration, from environment variables. README.md lists them. */
export class AgentConfig extends Context.Tag("opentl/agent/AgentConfig")<AgentConfig, {
  readonly model: string
  /** The most replies of the model to one prompt, not counting the final summary. */
  readonly maxSteps: number
  readonly dialect: Dialect
  readonly baseUrl: string
  readonly apiKey: Redacted.Redacted
  /** The commit whose instructions count; none where only the working tree is known. */
  readonly startCommit: Option.Option<string>
  /** Whether a session begins in the mode that asks nothing. */
  readonly isFree: boolean
}>() {
  /** In a sandbox, as the entrypoint sets it. */
  static readonly layer = Layer.effect(
    AgentConfig,
    Effect.gen(function*() {
      const name = yield* dialectName
      return AgentConfig.of({
        ...(yield* common(name)),
        baseUrl: withoutSlash(yield* Config.nonEmptyString(`${dialects[name].prefix}_BASE_URL`)),
        startCommit: yield* Config.option(Config.nonEmptyString("OPENTL_START_COMMIT")),
        isFree: true
      })
    })
  )

  /** Where a person's editor starts it: the provider is the one whose key is set, at its own address. */
  static readonly layerOutside = (isFree: boolean) =>
    Layer.effect(
      AgentConfig,
      Effect.gen(function*() {
        const named = yield* Config.option(dialectName)
        const hasAnthropicKey = Option.isSome(yield* Config.option(Config.nonEmptyString("ANTHROPIC_API_KEY")))
        const name = Option.getOrElse(named, (): DialectName => hasAnthropicKey ? "anthropic" : "openai")
        const { prefix, url } = dialects[name]
        return AgentConfig.of({
          ...(yield* common(name)),
          baseUrl: withoutSlash(yield* Config.withDefault(Config.nonEmptyString(`${prefix}_BASE_URL`), url)),
          startCommit: Option.none(),
          isFree
        })
      })
    )
}

const common = Effect.fnUntraced(function*(name: DialectName) {
  const { dialect, prefix } = dialects[name]
  return {
    dialect,
    model: yield* Config.nonEmptyString("OPENTL_AGENT_MODEL"),
    maxSteps: yield* Config.withDefault(Config.integer("OPENTL_AGENT_MAX_STEPS"), 60),
    apiKey: yield* Config.redacted(`${prefix}_API_KEY`)
  }
})
