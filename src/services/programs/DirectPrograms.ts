/** Runs programs with the platform's executor. */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { cut, type Ended, failure, patience, type Program, type Run } from "./Program.ts"
import { manyBytes } from "./StarterMessages.ts"

const commandOf = ({ args, command, directory, environment, stdin }: Program): Command.Command => {
  const made = Command.make(command, ...args).pipe(
    Command.workingDirectory(directory),
    Command.env(environment, { extendEnv: false })
  )
  return stdin === undefined ? made : Command.feed(made, stdin)
}

interface Kept {
  readonly chunks: ReadonlyArray<Uint8Array>
  readonly size: number
}

/** Reads to the end, and keeps only the last chunks. */
const lastOf = <E>(stream: Stream.Stream<Uint8Array, E>): Effect.Effect<string, E> =>
  Effect.map(
    Stream.runFold(stream, { chunks: [], size: 0 }, ({ chunks, size }: Kept, chunk): Kept => {
      const [first, ...rest] = chunks
      return size > manyBytes && first !== undefined
        ? { chunks: [...rest, chunk], size: size - first.length + chunk.length }
        : { chunks: [...chunks, chunk], size: size + chunk.length }
    }),
    ({ chunks }) => new TextDecoder().decode(Buffer.concat(chunks))
  )

/** The executor itself would wait for the end forever. */
const end = (process: CommandExecutor.Process): Effect.Effect<void> =>
  Effect.whenEffect(
    process.kill("SIGTERM").pipe(
      Effect.interruptible,
      Effect.timeout(patience),
      Effect.orElse(() => process.kill("SIGKILL")),
      Effect.ignore // it has exited already
    ),
    Effect.orElseSucceed(process.isRunning, () => false)
  ).pipe(Effect.asVoid)

/** The executor has no exit code for a process that a signal has ended; the signal is in its error. */
const endingOf = (process: CommandExecutor.Process) =>
  Effect.map(process.exitCode, (exitCode) => ({ exitCode: Number(exitCode), signal: undefined })).pipe(
    Effect.catchTag("SystemError", (error) => {
      const signal = /receipt of signal: (SIG\w+)/.exec(error.message)?.[1]
      return signal === undefined ? Effect.fail(error) : Effect.succeed({ exitCode: undefined, signal })
    })
  )

/** Node throws if the directory is a file, or a name contains a zero byte. */
const notStarted = (thrown: unknown) => failure(Predicate.isError(thrown) ? thrown.message : String(thrown))

export const make = (executor: CommandExecutor.CommandExecutor): Run => (program, onOutput) =>
  Effect.gen(function*() {
    const process = yield* Effect.acquireRelease(
      Effect.catchAllDefect(executor.start(commandOf(program)), notStarted),
      end
    )
    const stderr = yield* Effect.forkScoped(lastOf(process.stderr))
    const isWhole = yield* Stream.runFoldWhile(process.stdout, true, (goesOn) => goesOn, (_, bytes) => onOutput(bytes))
    if (!isWhole) return cut
    return { ...(yield* endingOf(process)), stderr: yield* Fiber.join(stderr), isCut: false } satisfies Ended
  }).pipe(Effect.scoped)
