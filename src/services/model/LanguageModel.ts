/** The model that plans and reviews: a structured question in, a decoded answer out, with the tokens it took. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Usage } from "../../domain/Usage.ts"
import type { PriceUnknown } from "./ModelPrices.ts"

export interface ModelQuestion<A, I> {
  /** For spans and logs. */
  readonly purpose: "plan" | "review"
  readonly system: string
  readonly prompt: string
  /** What the answer must decode to. One repair is asked for where it does not. */
  readonly answer: Schema.Schema<A, I>
  /** Which answers count only with no word beside them: the word could take them back. */
  readonly standsAlone?: (answer: A) => boolean
  /**
   * What the session may still spend, in US dollars. Where it is given, a model without a known price is not asked, and
   * no repair is asked for once it is spent.
   */
  readonly remainingUsd?: number | undefined
}

export interface ModelAnswer<A> {
  readonly value: A
  readonly model: string
  readonly usage: Usage
}

/** The provider could not be asked, or refused: after the retries that the failure allows. */
export class LanguageModelError extends Schema.TaggedError<LanguageModelError>()("LanguageModelError", {
  provider: Schema.String,
  operation: Schema.String,
  status: Schema.optional(Schema.Number),
  reason: Schema.String,
  retryAfterMillis: Schema.optional(Schema.Number),
  isRetryable: Schema.Boolean,
  /** How long a call ran that was given up without an answer. */
  unansweredSeconds: Schema.optional(Schema.Number),
  /** What was spent all the same, where anything was: on an earlier answer, and likely on a call that was given up. */
  spent: Schema.optional(Schema.Struct({ model: Schema.String, usage: Usage }))
}) {
  override get message() {
    return `${this.provider} ${this.operation} failed${
      this.status === undefined ? "" : ` (${this.status})`
    }: ${this.reason}`
  }
}

/** The model answered, twice, with something that is not what was asked for. The tokens are spent all the same. */
export class UnreadableAnswer extends Schema.TaggedError<UnreadableAnswer>()("UnreadableAnswer", {
  reason: Schema.String,
  model: Schema.String,
  usage: Usage
}) {
  override get message() {
    return `the model's answer could not be read: ${this.reason}`
  }
}

/** No key is set, so nothing can be asked. */
export class NoLanguageModel extends Schema.TaggedError<NoLanguageModel>()("NoLanguageModel", {}) {
  override get message() {
    return "no model is configured (set ANTHROPIC_API_KEY or OPENAI_API_KEY)"
  }
}

export class LanguageModel extends Context.Tag("opentl/services/model/LanguageModel")<LanguageModel, {
  /** The provider's name, `none` where there is none. */
  readonly provider: "anthropic" | "openai" | "none"
  readonly ask: <A, I>(
    question: ModelQuestion<A, I>
  ) => Effect.Effect<ModelAnswer<A>, LanguageModelError | UnreadableAnswer | NoLanguageModel | PriceUnknown>
}>() {
  /** With no key at all: plan and review are skipped, and the session says so. */
  static readonly layerNone = Layer.succeed(
    LanguageModel,
    LanguageModel.of({ provider: "none", ask: () => Effect.fail(new NoLanguageModel()) })
  )
}
