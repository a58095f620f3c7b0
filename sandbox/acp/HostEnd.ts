/**
 * How a host ends: once all that it printed is with whoever reads it, and then at once. By itself node would first give all its
 * memory back, piece by piece, while the round waits for it.
 */
import type * as Runtime from "@effect/platform/Runtime"
import * as Exit from "effect/Exit"
import type { Writable } from "node:stream"

/** Of node's `process`, what ending it takes. */
export interface Host {
  readonly exit: (code: number) => void
  /** As the program has set it. */
  readonly exitCode?: number | string | null | undefined
  readonly stdout: Writable
}

/** Ends the process with its exit code; with 143 if it was stopped. */
export const teardown = (host: Host): Runtime.Teardown => (exit: Exit.Exit<unknown, unknown>) => {
  const code = Exit.isSuccess(exit) ? Number(host.exitCode ?? 0) : Exit.isInterrupted(exit) ? 143 : 1
  // also called when nobody reads any more
  host.stdout.write("", () => host.exit(code))
}
