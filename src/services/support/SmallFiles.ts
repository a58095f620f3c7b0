/**
 * Small files of this machine, asked at once. Node's thread pool answers each question about a file after a millisecond when the
 * machine is busy, and to find and read one takes a dozen; the kernel has it in memory and answers in microseconds. Only for
 * files that were written just now, or by the kernel itself.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
// eslint-disable-next-line house/no-builtins -- FileSystem asks the thread pool
import { accessSync, closeSync, constants, lstatSync, openSync, readSync, realpathSync } from "node:fs"

export class NotReadable extends Schema.TaggedError<NotReadable>()("NotReadable", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

const attempt = <A>(get: () => A): Effect.Effect<A, NotReadable> =>
  Effect.try({ try: get, catch: (cause) => new NotReadable({ reason: String(cause) }) })

/** The beginning of a file, at most `bytes` of it. */
export const beginning = (path: string, bytes: number): Effect.Effect<string, NotReadable> =>
  Effect.acquireUseRelease(
    attempt(() => openSync(path, constants.O_RDONLY)),
    (file) =>
      attempt(() => {
        const buffer = Buffer.alloc(bytes)
        let length = 0
        for (;;) {
          const read = readSync(file, buffer, length, bytes - length, null)
          length += read
          if (read === 0 || length === bytes) {
            // as a part of a stream: a character that was cut is left out
            return new TextDecoder().decode(buffer.subarray(0, length), { stream: true })
          }
        }
      }),
    (file) => Effect.sync(() => closeSync(file))
  )

const isReadable = (path: string): boolean => {
  accessSync(path, constants.R_OK)
  return true
}

/** Whether a directory or a file may be read. */
export const canRead = (path: string): Effect.Effect<boolean> =>
  Effect.orElseSucceed(attempt(() => isReadable(path)), () => false)

/**
 * The size of a file at a path without links. None if there is something else, or nothing; fails if it may not be read, and if
 * nobody can tell.
 */
export const sizeOf = (path: string): Effect.Effect<Option.Option<bigint>, NotReadable> =>
  attempt(() => {
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    return found?.isFile() === true && realpathSync.native(path) === path && isReadable(path)
      ? Option.some(found.size)
      : Option.none()
  })
