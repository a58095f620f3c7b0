import * as Schema from "effect/Schema"

/** The database could not be read or written: a full disk, a lost file, a fault of ours. */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  operation: Schema.String,
  cause: Schema.Defect
}) {
  override get message() {
    return `the session store failed to ${this.operation}`
  }
}
