/** A scan that could not be made. Its reason never contains any of what was scanned. */
import * as Schema from "effect/Schema"

export class SecretScanError extends Schema.TaggedError<SecretScanError>()("SecretScanError", {
  reason: Schema.String
}) {
  override get message() {
    return `the change could not be scanned for secrets: ${this.reason}`
  }
}
