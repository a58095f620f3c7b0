/** A program that is started for its output, and how it ended. */
import * as PlatformError from "@effect/platform/Error"
import type * as Effect from "effect/Effect"

/** A program that gets these variables and no others. Its stdin is the text, and then at its end. */
export interface Program {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  readonly stdin: string | undefined
}

export interface Ended {
  /** None if a signal has ended it. */
  readonly exitCode: number | undefined
  readonly signal: string | undefined
  /** The last 64 KiB or so of what it said there. */
  readonly stderr: string
  /** Whether it was ended because no more of its output was wanted. */
  readonly isCut: boolean
}

/**
 * Runs a program, and gives what it prints to a function, which says whether it wants more. If not, or if the effect is
 * interrupted, the program and what it has started are ended: asked first, since git then removes its locks, and killed if that
 * takes too long.
 */
export type Run = (
  program: Program,
  onOutput: (bytes: Uint8Array) => boolean
) => Effect.Effect<Ended, PlatformError.PlatformError>

/** How long a program may take to end when it is asked to. */
export const patience = "2 seconds"

/** Its output was cut, and nobody asks how it ended. */
export const cut: Ended = { exitCode: 0, signal: undefined, stderr: "", isCut: true }

/** Why it could not be started, or what became of it. */
export const failure = (
  description: string,
  { module = "Command", reason = "Unknown" }: {
    readonly module?: "Command" | "FileSystem"
    readonly reason?: PlatformError.SystemErrorReason
  } = {}
) => new PlatformError.SystemError({ reason, module, method: "spawn", description })
