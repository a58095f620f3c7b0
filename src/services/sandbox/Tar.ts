/** Tar archives as streams: packed while being sent, unpacked while arriving, never entirely in memory. */
import * as NodeSink from "@effect/platform-node/NodeSink"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TarStream from "tar-stream"

/** A file could not be read into the archive, or the archive is broken. */
export class TarError extends Schema.TaggedError<TarError>()("TarError", { reason: Schema.String }) {
  override get message() {
    return `the archive cannot be handled: ${this.reason}`
  }
}

interface Attributes {
  readonly path: string
  /** Permission bits, e.g. `0o555`. */
  readonly mode: number
  /** The numeric id of both user and group. */
  readonly owner: number
}

export type TarEntry = Data.TaggedEnum<{
  Directory: Attributes
  Text: Attributes & { readonly text: string }
  /** A file read from `source` on the host, following links. */
  File: Attributes & { readonly source: string }
}>
export const TarEntry = Data.taggedEnum<TarEntry>()

const tarError = (cause: unknown) => new TarError({ reason: cause instanceof Error ? cause.message : String(cause) })

/** The bytes of a `tar-stream` stream, without empty chunks, which file writes do not accept. */
const bytesOf = (source: AsyncIterable<unknown>): Stream.Stream<Uint8Array, TarError> =>
  Stream.fromAsyncIterable(source, tarError).pipe(
    Stream.filter(Predicate.isUint8Array),
    Stream.filter((bytes) => bytes.length > 0)
  )

const header = ({ mode, owner, path }: Attributes) => ({ name: path, mode, uid: owner, gid: owner })

/** Packs the entries, in order. */
export const pack = Effect.fnUntraced(function*(entries: ReadonlyArray<TarEntry>) {
  const fs = yield* FileSystem.FileSystem

  const write = (
    packer: TarStream.Pack,
    attributes: Attributes,
    size: number,
    content: Stream.Stream<Uint8Array, TarError>
  ) =>
    Stream.run(
      content,
      NodeSink.fromWritable(() => packer.entry({ ...header(attributes), type: "file", size }), tarError)
    )

  const add = (packer: TarStream.Pack) =>
    TarEntry.$match({
      Directory: (entry) => Effect.sync(() => packer.entry({ ...header(entry), type: "directory" })),
      Text: (entry) => {
        const bytes = new TextEncoder().encode(entry.text)
        return write(packer, entry, bytes.length, Stream.make(bytes))
      },
      File: (entry) =>
        Effect.mapError(fs.stat(entry.source), tarError).pipe(
          Effect.flatMap(({ size }) =>
            write(packer, entry, Number(size), Stream.mapError(fs.stream(entry.source), tarError))
          )
        )
    })

  return Stream.acquireRelease(
    Effect.sync(() => TarStream.pack()),
    (packer) => Effect.sync(() => packer.destroy())
  ).pipe(
    Stream.flatMap((packer) => {
      const written = Effect.forEach(entries, add(packer), { discard: true }).pipe(
        Effect.andThen(Effect.sync(() => packer.finalize()))
      )
      return Stream.merge(
        bytesOf(packer),
        Stream.drain(Stream.fromEffect(written))
      )
    })
  )
})

/** An entry that is arriving. */
export interface ArrivingEntry {
  readonly path: string
  readonly isFile: boolean
  /** In bytes, according to the archive. */
  readonly size: number
  readonly content: Stream.Stream<Uint8Array, TarError>
}

/** Passes on the first entry and does not read the rest of the archive. None if the archive is empty. */
export const firstEntry = <E, R, A, E2, R2>(
  archive: Stream.Stream<Uint8Array, E, R>,
  use: (entry: ArrivingEntry) => Effect.Effect<A, E2, R2>
): Effect.Effect<Option.Option<A>, E | E2 | TarError, R | R2> =>
  Effect.acquireUseRelease(
    Effect.sync(() => TarStream.extract()),
    (extract) => {
      const feed = Stream.run(archive, NodeSink.fromWritable(() => extract, tarError))
      const first = Stream.fromAsyncIterable(extract, tarError).pipe(
        Stream.mapEffect((entry) =>
          use({
            path: entry.header.name,
            isFile: entry.header.type === "file",
            size: entry.header.size ?? 0,
            content: bytesOf(entry)
          })
        ),
        Stream.runHead
      )
      // the loser ends even in an uninterruptible region, such as a finalizer
      return Effect.raceFirst(first, Effect.interruptible(Effect.andThen(feed, Effect.never)))
    },
    (extract) => Effect.sync(() => extract.destroy())
  )
