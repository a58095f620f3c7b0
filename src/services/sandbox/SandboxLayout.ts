/** The workspace's layout, shared by both kinds of sandbox: names, limits, and reading its untrusted files. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { temporaryIn } from "../config/DataPaths.ts"
import { type RunSpec, SandboxError } from "./Sandbox.ts"

/** Emptied before each run, then filled with its inputs. */
export const inputs = "in"
/** Emptied before each run. */
export const outputs = "out"
export const answer = "answer.md"
export const checkReport = "checks.json"
export const bundle = "result.bundle"
/** How the round ended; written last. */
export const result = "result.json"
/** What an install left. */
export const dependencies = "dependencies.tar"
/** Both exist once a round has cloned its repository completely: the entrypoint creates the mark after the clone. */
export const repositoryMarks = ["ready", "repo/.git"] as const

/** The socket in the gateway's directory. */
export const gatewaySocket = "gateway.sock"

/** The most bytes of an answer; the rest is cut off. */
export const answerLimit = 200_000
/** The most bytes of the report of checks: their number times what is kept of each one's output, escaped. */
export const checkReportLimit = 32 * 1024 ** 2
/** The most bytes of a bundle; a larger one is rejected. */
export const bundleLimit = 1024 * 1024 * 1024

const isInput = (path: string) => /^in\/[A-Za-z0-9][A-Za-z0-9._-]*$/.test(path)

/** Fails if an input would be written anywhere but directly in `in/`. */
export const checkInputs = (spec: RunSpec): Effect.Effect<void, SandboxError> =>
  Effect.forEach(spec.inputs, ({ path }) =>
    isInput(path)
      ? Effect.void
      : new SandboxError({ operation: "start", reason: `an input must be a file in in/, and "${path}" is not` }), {
    discard: true
  })

export const checkBundle = (size: bigint | number): Effect.Effect<void, SandboxError> =>
  size > bundleLimit
    ? new SandboxError({ operation: "result", reason: `the result is larger than ${bundleLimit / 1024 ** 3} GiB` })
    : Effect.void

export const checkDependencies = (size: number, limit: number): Effect.Effect<void, SandboxError> =>
  size > limit
    ? new SandboxError({ operation: "result", reason: `what was installed has ${size} bytes, more than ${limit}` })
    : Effect.void

/**
 * An empty file for a result, for the lifetime of the scope. Files left by a killed server are swept at the next start.
 */
export const resultFile = Effect.fnUntraced(function*(dataDir: string) {
  const fs = yield* FileSystem.FileSystem
  const directory = temporaryIn(dataDir)
  yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
  return yield* fs.makeTempFileScoped({ directory, prefix: "result-" })
})

/** The beginning of a text, at most `limit` bytes, without splitting a character. */
export const readText = <E, R>(content: Stream.Stream<Uint8Array, E, R>, limit: number): Effect.Effect<string, E, R> =>
  content.pipe(
    Stream.runFoldWhile(
      { parts: new Array<Uint8Array>(), size: 0 },
      ({ size }) => size < limit,
      ({ parts, size }, part) => ({ parts: [...parts, part.subarray(0, limit - size)], size: size + part.length })
    ),
    Effect.map(({ parts }) => {
      const decoder = new TextDecoder()
      return parts.map((part) => decoder.decode(part, { stream: true })).join("")
    })
  )
