/**
 * The model that plans and reviews: takes a structured question, and returns a decoded answer and the tokens it used.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { Usage } from "../../domain/Usage.ts"
import type { CallAccount, Unpaid } from "./CallAccount.ts"
import { noModel } from "./ModelChoice.ts"
import type { PriceUnknown } from "./ModelPrices.ts"

export interface ModelQuestion<A, I> {
  /** For spans and logs. */
  readonly purpose: "plan" | "review"
  readonly system: string
  readonly prompt: string
  /** The schema of the answer. If it does not decode, the model is asked once to repair it. */
  readonly answer: Schema.Schema<A, I>
  /** Which answers are valid only without further text, because that could contradict them. */
  readonly standsAlone?: (answer: A) => boolean
  /**
   * What the session may still spend, in US dollars. If given, a model without a known price is not called, and no
   * repair is requested once it is used up.
   */
  readonly remainingUsd?: number | undefined
  /**
   * Who pays: the question goes out by this account, with what it and a repair can cost at most, and each call is told
   * to it before it goes out and when it has ended.
   */
  readonly account?: CallAccount | undefined
}

export interface ModelAnswer<A> {
  readonly value: A
  readonly model: string
  readonly usage: Usage
}

/** The provider could not be reached, or refused, after the retries that the failure permits. */
export class LanguageModelError extends Schema.TaggedError<LanguageModelError>()("LanguageModelError", {
  provider: Schema.String,
  operation: Schema.String,
  status: Schema.optional(Schema.Number),
  reason: Schema.String,
  retryAfterMillis: Schema.optional(Schema.Number),
  isRetryable: Schema.Boolean,
  /** How long the call ran before it timed out, in seconds. */
  unansweredSeconds: Schema.optional(Schema.Number),
  /** What was spent nevertheless, if anything: on an earlier answer, and probably on a call that timed out. */
  spent: Schema.optional(Schema.Struct({ model: Schema.String, usage: Usage }))
}) {
  override get message() {
    return `${this.provider} ${this.operation} failed${
      this.status === undefined ? "" : ` (${this.status})`
    }: ${this.reason}`
  }
}

/** The model's answer was invalid, twice. The tokens are spent nevertheless. */
export class UnreadableAnswer extends Schema.TaggedError<UnreadableAnswer>()("UnreadableAnswer", {
  reason: Schema.String,
  model: Schema.String,
  usage: Usage
}) {
  override get message() {
    return `the model's answer could not be read: ${this.reason}`
  }
}

/** No key is set, so no model can be called. */
export class NoLanguageModel extends Schema.TaggedError<NoLanguageModel>()("NoLanguageModel", {}) {
  override get message() {
    return noModel
  }
}

/** Who answers. */
export interface ModelSource {
  /** The provider's name, or `none`. */
  readonly provider: "anthropic" | "openai" | "none"
  /** Why there is none, in a few words. */
  readonly missing?: string
}

export class LanguageModel extends Context.Tag("opentl/services/model/LanguageModel")<
  LanguageModel,
  ModelSource & {
    /** Who answers the questions of reviews, if that is not who answers the others. */
    readonly reviewer?: ModelSource
    readonly ask: <A, I>(
      question: ModelQuestion<A, I>
    ) => Effect.Effect<
      ModelAnswer<A>,
      LanguageModelError | UnreadableAnswer | NoLanguageModel | PriceUnknown | Unpaid,
      // of what is reserved for it: to be closed when its cost is in the log
      Scope.Scope
    >
  }
>() {
  /** Without any key: plan and review are skipped, and events say so. */
  static readonly layerNone = this.layerMissing(noModel)

  /** The same, for this reason. */
  static layerMissing(missing: string) {
    return Layer.succeed(LanguageModel, this.none(missing))
  }

  /** No model, for this reason. */
  static none(missing: string) {
    return LanguageModel.of({ provider: "none", missing, ask: () => Effect.fail(new NoLanguageModel()) })
  }
}
