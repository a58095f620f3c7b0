/** Errors of the container engine, by what a caller can do about them, and their conversion to sandbox errors. */
import type { PlatformError } from "@effect/platform/Error"
import * as Schema from "effect/Schema"
import { SandboxError, type SandboxFailure, SandboxUnavailable } from "../Sandbox.ts"
import type { TarError } from "../Tar.ts"

/** Nothing answers at the engine's address, or the connection failed. */
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

/** The name is taken, or the object is in use or being removed. */
export class EngineConflict extends Schema.TaggedError<EngineConflict>()("EngineConflict", {
  operation: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `Docker cannot ${this.operation}: ${this.reason}`
  }
}

/** Any other refusal, or an unreadable response. */
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

/** Turns the failure of any request into the reason why no sandbox can start. */
export const asUnavailable = (failure: EngineFailure | SandboxUnavailable): SandboxUnavailable =>
  failure._tag === "SandboxUnavailable"
    ? failure
    : new SandboxUnavailable({
      reason: failure.message,
      mend: failure._tag === "EngineUnreachable" ? "start Docker, or set OPENTL_SANDBOX=local" : "see Docker's own log"
    })

/** Turns a failure into the error of one sandbox operation. */
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
