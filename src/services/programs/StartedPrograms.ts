/**
 * Runs programs with the one that starts others. What it tells is used as it comes, without a stream: that would cost the
 * server's thread a millisecond for each program, and a session runs dozens.
 */
import type * as PlatformError from "@effect/platform/Error"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberId from "effect/FiberId"
import { cut, type Ended, failure, patience, type Run } from "./Program.ts"
import type { ProgramStarter, Told } from "./ProgramStarter.ts"

/** Bytes of output after whose reading the starter is told. */
const tellAfter = 256 * 1024

const reasons: Readonly<Record<string, PlatformError.SystemErrorReason>> = {
  ENOENT: "NotFound",
  EACCES: "PermissionDenied"
}

const lost = failure("the program that starts others has ended")

const faultOf = ({ code, hasDirectory, message }: Extract<Told, { readonly _tag: "NotStarted" }>) =>
  failure(message, {
    module: hasDirectory ? "Command" : "FileSystem",
    reason: reasons[code] ?? "Unknown"
  })

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

export const make = (starter: ProgramStarter): Run => (program, onOutput) =>
  Effect.async<Ended, PlatformError.PlatformError>((resume) => {
    const over = Deferred.unsafeMake<void>(FiberId.none)
    const signal = (name: NodeJS.Signals) =>
      Effect.zipRight(Effect.sync(() => starter.send({ _tag: "Signal", id, signal: name })), Deferred.await(over))
    const stop = signal("SIGTERM").pipe(
      Effect.interruptible,
      Effect.timeout(patience),
      Effect.orElse(() => Effect.ignore(Effect.timeout(Effect.interruptible(signal("SIGKILL")), patience))),
      Effect.uninterruptible
    )
    let unread = 0
    let goesOn = true

    /** Whether it wants more. What it throws ends the program, and is the effect's defect. */
    const read = (bytes: Uint8Array) => {
      if (!goesOn || bytes.length === 0) return
      const wants = Either.try({ try: () => onOutput(bytes), catch: (defect) => defect })
      goesOn = Either.isRight(wants) && wants.right
      if (!goesOn) {
        resume(Effect.zipRight(stop, Either.isLeft(wants) ? Effect.die(wants.left) : Effect.succeed(cut)))
      }
    }
    const receive = (told: Told) => {
      if (told._tag === "Output") {
        unread += told.bytes.length
        read(told.bytes)
        if (!goesOn || unread < tellAfter) return
        starter.send({ _tag: "Read", id, bytes: unread })
        unread = 0
        return
      }
      Deferred.unsafeDone(over, Effect.void)
      if (told._tag === "Lost") return resume(lost)
      if (told._tag === "NotStarted") return resume(faultOf(told))
      read(told.output)
      resume(Effect.succeed({
        exitCode: told.code ?? undefined,
        signal: told.signal ?? undefined,
        stderr: decode(told.stderr),
        isCut: false
      }))
    }
    const id = starter.start(program, receive)
    return stop
  })
