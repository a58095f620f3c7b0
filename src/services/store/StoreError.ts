import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as StoreFault from "./StoreFault.ts"

/** The database could not be read or written: a full disk, a lost file, or a bug. */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  operation: Schema.String,
  cause: Schema.Defect
}) {
  /** The fault of the database itself; `undefined` if it is a bug. */
  get fault(): StoreFault.StoreFault | undefined {
    return StoreFault.of(this.cause)
  }

  override get message() {
    const { cause, fault, operation } = this
    const sentence = `the session store failed to ${operation}`
    if (fault !== undefined) return `${sentence}: ${StoreFault.describe(fault)}`
    // as reported by another process
    return typeof cause === "string" && cause.startsWith(sentence) ? cause : sentence
  }
}

/** Logs the error, unless the database's fault has been logged already. */
export const logStoreError = (error: StoreError): Effect.Effect<void> =>
  (error.fault === undefined ? Effect.logError : Effect.logDebug)(error.message, error.cause)
