/**
 * A `CommandExecutor` that has a small program start others (`ProgramStarter.ts`). Until that is ready, where there is none, and
 * for what it cannot do (pipes between programs, streams of ours, shells), they are started by the executor beneath.
 */
import type * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Arr from "effect/Array"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { fileURLToPath } from "node:url"
import * as ProgramStarter from "./ProgramStarter.ts"

type Standard = Extract<Command.Command, { readonly _tag: "StandardCommand" }>

const isSimple = (command: Command.Command): command is Standard =>
  command._tag === "StandardCommand" && command.shell === false && !command.extendEnv &&
  command.stdin !== "inherit" && command.stdout === "pipe" && command.stderr === "pipe" &&
  Option.isNone(command.uid) && Option.isNone(command.gid)

const reasons: Readonly<Record<string, PlatformError.SystemErrorReason>> = {
  ENOENT: "NotFound",
  EACCES: "PermissionDenied"
}

const failure = (method: string, description: string, reason: PlatformError.SystemErrorReason = "Unknown") =>
  new PlatformError.SystemError({ reason, module: "Command", method, description })

const lost = failure("spawn", "the program that starts others has ended")

/** The whole of an input, as it is given to the program. */
const inputOf = ({ stdin }: Standard) =>
  typeof stdin === "string"
    ? Effect.succeed(undefined)
    : Effect.map(Stream.runCollect(stdin), (chunks) => Buffer.concat([...chunks]))

/** Bytes of output after whose reading the starter is told. */
const tellAfter = 256 * 1024

/** A program's end as the starter tells it. */
interface Ending {
  readonly code: number | null
  readonly signal: string | null
}

/** What is told of a program, as it is waited for. */
const makeReceiver = Effect.gen(function*() {
  const started = yield* Deferred.make<number, PlatformError.PlatformError>()
  const ending = yield* Deferred.make<Ending>()
  const stdout = yield* Mailbox.make<Uint8Array, PlatformError.PlatformError>()
  const stderr = yield* Mailbox.make<Uint8Array, PlatformError.PlatformError>()
  const fail = (error: PlatformError.PlatformError) => {
    Deferred.unsafeDone(started, Effect.fail(error))
    stdout.unsafeDone(Exit.fail(error))
    stderr.unsafeDone(Exit.fail(error))
    Deferred.unsafeDone(ending, Effect.succeed({ code: null, signal: "SIGKILL" }))
  }
  const receive = (told: ProgramStarter.Told) => {
    switch (told._tag) {
      case "Started":
        return Deferred.unsafeDone(started, Effect.succeed(told.pid))
      case "NotStarted":
        return fail(failure("spawn", told.message, reasons[told.code]))
      case "Output":
        return void (told.from === "stdout" ? stdout : stderr).unsafeOffer(told.bytes)
      case "Exited":
        return Deferred.unsafeDone(ending, Effect.succeed(told))
      case "Ended":
        stdout.unsafeDone(Exit.void)
        stderr.unsafeDone(Exit.void)
        return
      case "Lost":
        return fail(lost)
    }
  }
  return { ending, receive, started, stderr, stdout }
})

const startWith = (starter: ProgramStarter.ProgramStarter) =>
  Effect.fnUntraced(function*(command: Standard) {
    const { ending, receive, started, stderr, stdout } = yield* makeReceiver
    const stdin = yield* inputOf(command)
    const signal = (id: number, signal: CommandExecutor.Signal) =>
      Effect.zipRight(
        Effect.sync(() => starter.send({ _tag: "Signal", id, signal })),
        Effect.asVoid(Deferred.await(ending))
      )
    const id = yield* Effect.acquireRelease(
      Effect.sync(() =>
        starter.start({
          command: command.command,
          args: command.args,
          directory: Option.getOrUndefined(command.cwd),
          environment: Object.fromEntries(command.env),
          stdin
        }, receive)
      ),
      (id) => Effect.unlessEffect(signal(id, "SIGTERM"), Deferred.isDone(ending))
    )
    let unread = 0
    const read = (mailbox: Mailbox.Mailbox<Uint8Array, PlatformError.PlatformError>) =>
      Stream.tap(Mailbox.toStream(mailbox), ({ length }) =>
        Effect.sync(() => {
          unread += length
          if (unread < tellAfter) return
          starter.send({ _tag: "Read", id, bytes: unread })
          unread = 0
        }))
    const pid = CommandExecutor.ProcessId(yield* Deferred.await(started))
    const process: CommandExecutor.Process = {
      ...Inspectable.BaseProto,
      [CommandExecutor.ProcessTypeId]: CommandExecutor.ProcessTypeId,
      toJSON: () => ({ _id: "opentl/services/programs/StarterExecutor", pid }),
      pid,
      exitCode: Effect.flatMap(Deferred.await(ending), ({ code, signal }) =>
        code === null
          ? failure("exitCode", `Process interrupted due to receipt of signal: ${signal}`)
          : Effect.succeed(CommandExecutor.ExitCode(code))),
      isRunning: Effect.negate(Deferred.isDone(ending)),
      kill: (name = "SIGTERM") => signal(id, name),
      stdin: Sink.drain,
      stdout: read(stdout),
      stderr: read(stderr)
    }
    return process
  })

/** An executor on a starter, with another one beneath. */
export const make = Effect.fnUntraced(function*(file: string, beneath: CommandExecutor.CommandExecutor) {
  const fs = yield* FileSystem.FileSystem
  const starter = yield* ProgramStarter.make(file)
  const start = startWith(starter)
  const accessible = ({ cwd }: Standard) =>
    Option.match(cwd, { onNone: () => Effect.void, onSome: (directory) => fs.access(directory) })
  return CommandExecutor.makeExecutor((command) =>
    isSimple(command) && starter.isReady()
      ? Effect.zipRight(accessible(command), start(command))
      : beneath.start(command)
  )
})

/** Where the build puts the starter: beside the bundled program, or where it is in the library. */
const places = ["./starter.mjs", "../../starter.js"].map((place) => fileURLToPath(new URL(place, import.meta.url)))

/** The executor of the installed package; where it has no starter, the one beneath. */
export const layer: Layer.Layer<
  CommandExecutor.CommandExecutor,
  never,
  CommandExecutor.CommandExecutor | FileSystem.FileSystem
> = Layer.scoped(
  CommandExecutor.CommandExecutor,
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const beneath = yield* CommandExecutor.CommandExecutor
    const found = yield* Effect.filter(places, (place) => Effect.orElseSucceed(fs.exists(place), () => false))
    return yield* Option.match(Arr.head(found), {
      onNone: () => Effect.succeed(beneath),
      onSome: (file) => make(file, beneath)
    })
  })
)
