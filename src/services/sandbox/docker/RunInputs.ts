/**
 * What a run is given, in a directory beside the gateway's socket, which its container has mounted read-only. Putting files
 * into a container through the engine takes 90 ms, however small they are.
 *
 * The container's entrypoint waits at a named pipe for the first line of its log. That line must not be learnt by the agent,
 * and a pipe gives it once.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
// eslint-disable-next-line house/no-builtins -- FileSystem cannot open a pipe without waiting for its reader
import { closeSync, constants, openSync, writeSync } from "node:fs"
import * as BarePrograms from "../../programs/BarePrograms.ts"
import { type InputFile, type RunId, SandboxError } from "../Sandbox.ts"
import * as Layout from "../SandboxLayout.ts"

/** The name of a run's directory. */
export const nameOf = ({ checks, round, turn }: RunId): string =>
  `run-${turn}-${round}${checks === undefined ? "" : `-${checks}`}`

const isRunDirectory = (name: string): boolean => /^run-\d+-\d+(?:-head|-base|-dependencies)?$/.test(name)

const isCheckDirectory = (name: string): boolean => isRunDirectory(name) && /[a-z]$/.test(name)

/** The pipe at which the entrypoint waits. */
const beginning = "begin"
/** Shell `export` lines. */
const environmentFile = "environment"

/** Quotes a text for a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** How many inputs are written at the same time. */
const atOnce = 8

/** Opens the pipe again until the container reads it. */
const untilRead = Schedule.spaced("5 millis")

/** The container does not wait at the pipe yet. */
class NoReader extends Data.TaggedError("NoReader") {}

export interface Given {
  readonly inputs: ReadonlyArray<InputFile>
  readonly environment: Readonly<Record<string, string>>
  /** A file of this machine with installed dependencies. */
  readonly dependencies?: string
  /** The first line of the run's log. */
  readonly logHead: string
}

export const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const outputOf = yield* BarePrograms.make

  const directoryOf = (gatewayDirectory: string, run: RunId) => `${gatewayDirectory}/${nameOf(run)}`

  const failed = Effect.mapError((error: { readonly message: string }) =>
    new SandboxError({ operation: "start", reason: `the run's inputs cannot be written: ${error.message}` })
  )

  const writeFile = Effect.fnUntraced(function*(directory: string, { content, path }: InputFile) {
    const file = `${directory}/${path}`
    yield* content._tag === "Text" ? fs.writeFileString(file, content.text) : fs.copyFile(content.path, file)
    // regardless of the umask
    yield* fs.chmod(file, 0o644)
  })

  /**
   * Beside `in`, which the entrypoint copies. It is linked, not copied, where that can be: it may be large. Where it cannot
   * be had the run installs anew.
   */
  const giveDependencies = (directory: string, source: string | undefined) => {
    if (source === undefined) return Effect.void
    const target = `${directory}/${Layout.dependencies}`
    return fs.link(source, target).pipe(
      Effect.orElse(() => Effect.zipRight(fs.copyFile(source, target), fs.chmod(target, 0o644))),
      Effect.tapError(() => Effect.ignore(fs.remove(target, { force: true }))),
      Effect.catchAll((error) => Effect.logWarning(`the dependencies of a run cannot be given: ${error.message}`))
    )
  }

  const notBegun = (cause: unknown) =>
    Predicate.hasProperty(cause, "code") && cause.code === "ENXIO"
      ? new NoReader()
      : new SandboxError({ operation: "start", reason: `the container cannot be told to begin: ${cause}` })

  /** Without a reader, opening the pipe fails; a short line goes into it as a whole, and stays there until it is read. */
  const writeLine = (pipe: string, line: string) =>
    Effect.acquireUseRelease(
      Effect.try({ try: () => openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK), catch: notBegun }),
      (file) => Effect.try({ try: () => writeSync(file, `${line}\n`), catch: notBegun }),
      (file) => Effect.sync(() => closeSync(file))
    )

  return {
    /**
     * Creates the directory for a run whose inputs come later. Those of the session's earlier runs are removed; beside a run
     * of checks the next run of an agent may wait.
     */
    prepare: Effect.fn("RunInputs.prepare")(function*(gatewayDirectory: string, run: RunId) {
      const isEarlier = run.checks === undefined ? isRunDirectory : isCheckDirectory
      const earlier = (yield* fs.readDirectory(gatewayDirectory)).filter(isEarlier)
      yield* Effect.forEach(earlier, (name) => fs.remove(`${gatewayDirectory}/${name}`, { recursive: true }))
      const directory = directoryOf(gatewayDirectory, run)
      yield* fs.makeDirectory(`${directory}/in`, { recursive: true })
      yield* fs.chmod(directory, 0o755)
      yield* fs.chmod(`${directory}/in`, 0o755)
      yield* outputOf("mkfifo", "-m", "644", `${directory}/${beginning}`)
    }, failed),

    /** Writes the inputs, and lets the container begin as soon as it waits. Waits for as long as that takes. */
    give: Effect.fn("RunInputs.give")(function*(gatewayDirectory: string, run: RunId, given: Given) {
      const directory = directoryOf(gatewayDirectory, run)
      const exports = Object.entries(given.environment).map(([name, value]) => `export ${name}=${quoted(value)}\n`)
      yield* giveDependencies(directory, given.dependencies)
      yield* Effect.all([
        Effect.forEach(given.inputs, (input) => writeFile(directory, input), { concurrency: atOnce, discard: true }),
        writeFile(directory, { path: environmentFile, content: { _tag: "Text", text: exports.join("") } })
      ], { concurrency: 2, discard: true }).pipe(failed)
      yield* writeLine(`${directory}/${beginning}`, given.logHead).pipe(
        Effect.retry({ schedule: untilRead, while: (error) => error._tag === "NoReader" }),
        Effect.catchTag("NoReader", () => Effect.never)
      )
    }),

    /** Takes back the dependencies that a session's runs were given. They have ended, and nothing else does it. */
    takeBack: Effect.fn("RunInputs.takeBack")(
      function*(gatewayDirectory: string) {
        const names = (yield* fs.readDirectory(gatewayDirectory)).filter(isRunDirectory)
        yield* Effect.forEach(
          names,
          (name) => fs.remove(`${gatewayDirectory}/${name}/${Layout.dependencies}`, { force: true })
        )
      },
      Effect.ignore
    )
  }
})

export type RunInputs = Effect.Effect.Success<typeof make>
