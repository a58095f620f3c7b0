/**
 * How a host ends: once all that it printed is with whoever reads it, and then at once. By itself node would first give all its
 * memory back, piece by piece, while the round waits for it. What the kernel does the same way takes a while as well: who wants to
 * go on without waiting for that is told the exit code, as a line, when nothing is left to be done.
 */
import type * as Runtime from "@effect/platform/Runtime"
import * as Exit from "effect/Exit"
// eslint-disable-next-line house/no-builtins -- nothing of Effect runs any more
import { write } from "node:fs"
import type { Writable } from "node:stream"

/** Of node's `process`, what ending it takes. */
export interface Host {
  readonly exit: (code: number) => void
  /** As the program has set it. */
  readonly exitCode?: number | string | null | undefined
  readonly stdout: Writable
}

/** Ends the process with its exit code; with 143 if it was stopped. The code is told on the descriptor, if there is one. */
export const teardown = (host: Host, descriptor?: number): Runtime.Teardown => (exit: Exit.Exit<unknown, unknown>) => {
  const code = Exit.isSuccess(exit) ? Number(host.exitCode ?? 0) : Exit.isInterrupted(exit) ? 143 : 1
  // also called when nobody reads any more
  host.stdout.write(
    "",
    () => descriptor === undefined ? host.exit(code) : write(descriptor, `${code}\n`, () => host.exit(code))
  )
}
