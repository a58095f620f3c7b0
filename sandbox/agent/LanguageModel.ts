import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Reply, Transcript } from "./Transcript.ts"

/** A tool's definition for the model; `parameters` is a JSON schema of an object. */
export interface ToolDefinition {
  readonly name: string
  readonly description: string
  readonly parameters: object
}

export interface ModelRequest {
  readonly system: string
  readonly tools: ReadonlyArray<ToolDefinition>
  readonly transcript: Transcript
  /** `none`: the model must answer with text. The tools are still listed, because of earlier calls. */
  readonly toolUse: "auto" | "none"
  /** Called with a transient error before the request is made again. */
  readonly onRetry: (error: ModelError) => Effect.Effect<void>
}

/** The model could not be reached, or its reply could not be read. `status` is present if the API refused. */
export class ModelError extends Schema.TaggedError<ModelError>()("ModelError", {
  kind: Schema.Literal("connection", "refused", "unreadable"),
  status: Schema.optional(Schema.Int),
  detail: Schema.String,
  /** The delay that the API requested before the next attempt. */
  retryAfter: Schema.optional(Schema.DurationFromSelf)
}) {
  override get message() {
    switch (this.kind) {
      case "connection":
        return `The model API cannot be reached: ${this.detail}`
      case "refused":
        return `The model API refused the request with HTTP ${this.status}: ${this.detail}`
      case "unreadable":
        return `The model API sent a reply that cannot be read: ${this.detail}`
    }
  }

  /** Whether the same request may succeed a little later. */
  get isTransient(): boolean {
    const status = this.status ?? 0
    return this.kind === "connection" ||
      (this.kind === "refused" && ([408, 409, 429].includes(status) || status >= 500))
  }
}

/** The session's budget is used up: the gateway rejects further requests. */
export class BudgetExceeded extends Schema.TaggedError<BudgetExceeded>()("BudgetExceeded", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/** The conversation exceeds the model's context. */
export class ContextOverflow extends Schema.TaggedError<ContextOverflow>()("ContextOverflow", {
  detail: Schema.String
}) {
  override get message() {
    return `The conversation is too long for the model: ${this.detail}`
  }
}

/** A model, whichever API provides it. */
export class LanguageModel extends Context.Tag("opentl/agent/LanguageModel")<LanguageModel, {
  /** Requests the next reply. Fails on a transient error only after extended retries. */
  readonly reply: (request: ModelRequest) => Effect.Effect<Reply, ModelError | BudgetExceeded | ContextOverflow>
}>() {}
