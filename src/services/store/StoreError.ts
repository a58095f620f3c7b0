import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as StoreFault from "./StoreFault.ts"

/** The database could not be read or written: a full disk, a lost file, a fault of ours. */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  operation: Schema.String,
  cause: Schema.Defect
}) {
  /** What is the matter with the database itself; `undefined` where it is a fault of ours. */
  get fault(): StoreFault.StoreFault | undefined {
    return StoreFault.of(this.cause)
  }

  override get message() {
    const { cause, fault, operation } = this
    const sentence = `the session store failed to ${operation}`
    if (fault !== undefined) return `${sentence}: ${StoreFault.describe(fault)}`
    // as another process has told it
    return typeof cause === "string" && cause.startsWith(sentence) ? cause : sentence
  }
}

/** Logs the error, unless the database has said already what is the matter with it. */
export const logStoreError = (error: StoreError): Effect.Effect<void> =>
  (error.fault === undefined ? Effect.logError : Effect.logDebug)(error.message, error.cause)
