/** How the container engine fails, told apart by what a caller can do about it, and what that is to users of sandboxes. */
import type { PlatformError } from "@effect/platform/Error"
import * as Schema from "effect/Schema"
import { SandboxError, type SandboxFailure, SandboxUnavailable } from "../Sandbox.ts"
import type { TarError } from "../Tar.ts"

/** Nothing answers at the engine's address, or the connection broke. */
export class EngineUnreachable extends Schema.TaggedError<EngineUnreachable>()("EngineUnreachable", {
  host: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `Docker is not reachable at ${this.host}: ${this.reason}`
  }
}

/** The named container, image, volume or path does not exist. */
export class EngineNotFound extends Schema.TaggedError<EngineNotFound>()("EngineNotFound", {
  operation: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `Docker cannot ${this.operation}: ${this.reason}`
  }
}

/** The name is taken, or the thing is in use or being removed. */
export class EngineConflict extends Schema.TaggedError<EngineConflict>()("EngineConflict", {
  operation: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `Docker cannot ${this.operation}: ${this.reason}`
  }
}

/** Any other refusal, and an answer that cannot be read. */
export class EngineRefused extends Schema.TaggedError<EngineRefused>()("EngineRefused", {
  operation: Schema.String,
  status: Schema.Int,
  reason: Schema.String
}) {
  override get message() {
    return `Docker cannot ${this.operation} (${this.status}): ${this.reason}`
  }
}

export type EngineFailure = EngineUnreachable | EngineNotFound | EngineConflict | EngineRefused

/** A failure of any request as the reason why no sandbox can be started. */
export const asUnavailable = (failure: EngineFailure | SandboxUnavailable): SandboxUnavailable =>
  failure._tag === "SandboxUnavailable"
    ? failure
    : new SandboxUnavailable({
      reason: failure.message,
      mend: failure._tag === "EngineUnreachable" ? "start Docker, or set OPENTL_SANDBOX=local" : "see Docker's own log"
    })

/** A failure of one operation on a sandbox. */
export const failing =
  (operation: string) => (failure: EngineFailure | TarError | PlatformError | SandboxFailure): SandboxFailure => {
    switch (failure._tag) {
      case "EngineUnreachable":
        return asUnavailable(failure)
      case "SandboxError":
      case "SandboxUnavailable":
        return failure
      default:
        return new SandboxError({ operation, reason: failure.message })
    }
  }
