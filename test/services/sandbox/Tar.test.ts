import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { firstEntry, pack, TarEntry, type TarError } from "../../../src/services/sandbox/Tar.ts"
import { run } from "../../sandbox/Processes.ts"

const text = (path: string, text: string) => TarEntry.Text({ path, mode: 0o644, owner: 1000, text })

const packed = (entries: ReadonlyArray<TarEntry>) => Stream.unwrap(pack(entries))

const read = (archive: Stream.Stream<Uint8Array, TarError, FileSystem.FileSystem>) =>
  firstEntry(
    archive,
    (entry) => Effect.map(Stream.mkString(Stream.decodeText(entry.content)), (content) => ({ ...entry, content }))
  )

describe("Tar", () => {
  it.layer(NodeContext.layer)((it) => {
    it.scoped("packs what tar unpacks", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const directory = yield* fs.makeTempDirectoryScoped()
        const content = "0123456789".repeat(100_001)
        yield* fs.writeFileString(`${directory}/source`, content)
        const archive = packed([
          TarEntry.Directory({ path: "a", mode: 0o700, owner: 0 }),
          text("a/größe", "€"),
          text("a/empty", ""),
          TarEntry.File({ path: "a/copy", mode: 0o555, owner: 1000, source: `${directory}/source` })
        ])
        yield* Stream.run(archive, fs.sink(`${directory}/x.tar`))
        const { output } = yield* run("tar", ["--numeric-owner", "-tvf", `${directory}/x.tar`])
        const listed = output.trim().split("\n").map((line) => line.split(/\s+/))
        assert.deepStrictEqual(
          listed.map(([mode, owner, size]) => [mode, owner, size]),
          [
            ["drwx------", "0/0", "0"],
            ["-rw-r--r--", "1000/1000", "3"],
            ["-rw-r--r--", "1000/1000", "0"],
            ["-r-xr-xr-x", "1000/1000", `${content.length}`]
          ]
        )
        yield* run("tar", ["-C", directory, "-xf", `${directory}/x.tar`])
        assert.strictEqual(yield* fs.readFileString(`${directory}/a/copy`), content)
        assert.strictEqual(yield* fs.readFileString(`${directory}/a/größe`), "€")
      }))

    it.effect.prop(
      "gives back the first entry, however the archive is cut",
      [FastCheck.string({ maxLength: 2000 }), FastCheck.integer({ min: 1, max: 1500 })],
      ([content, size]) =>
        Effect.gen(function*() {
          const archive = packed([text("first", content), text("second", "never read")])
          const found = Option.getOrThrow(
            yield* read(Stream.rechunk(
              archive.pipe(Stream.mapConcatChunk((bytes) =>
                Chunk.unsafeFromArray(
                  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
                    bytes.subarray(i * size, (i + 1) * size))
                )
              )),
              1
            ))
          )
          assert.strictEqual(found.content, new TextDecoder().decode(new TextEncoder().encode(content)))
          assert.deepStrictEqual([found.path, found.isFile], ["first", true])
        }),
      { fastCheck: { numRuns: 30 } }
    )

    it.effect("does not read on when the first entry was enough", () =>
      Effect.gen(function*() {
        const pulled = yield* Ref.make(0)
        const archive = packed([text("first", "x".repeat(100)), text("second", "y".repeat(10_000_000))]).pipe(
          Stream.concat(Stream.repeatValue(new Uint8Array(65_536))),
          Stream.tap(() => Ref.update(pulled, (count) => count + 1))
        )
        const head = yield* firstEntry(archive, (entry) => Effect.succeed(entry.size))
        assert.deepStrictEqual(head, Option.some(100))
        assert.isBelow(yield* Ref.get(pulled), 1000)
      }))

    it.effect("is read where nothing may be interrupted, too", () =>
      Effect.gen(function*() {
        const found = yield* Effect.uninterruptible(read(packed([text("first", "content")])))
        assert.strictEqual(Option.getOrThrow(found).content, "content")
      }))

    it.effect("an empty archive has no first entry", () =>
      Effect.map(read(packed([])), (found) => assert.isTrue(Option.isNone(found))))

    it.effect("a broken archive fails", () =>
      Effect.gen(function*() {
        const whole = yield* Stream.runCollect(packed([text("first", "x".repeat(5000))]))
        const bytes = Uint8Array.from(Chunk.toReadonlyArray(whole).flatMap((part) => [...part]))
        for (const broken of [bytes.subarray(0, 2000), new Uint8Array(1024).fill(7)]) {
          assert.isTrue(Exit.isFailure(yield* Effect.exit(read(Stream.make(broken)))))
        }
      }))

    it.effect("a missing file fails", () =>
      Effect.gen(function*() {
        const entry = TarEntry.File({ path: "x", mode: 0o644, owner: 0, source: "/nonexistent/file" })
        const failure = yield* Effect.flip(Stream.runDrain(packed([entry])))
        assert.include(failure.message, "/nonexistent/file")
      }))

    it.effect("an archive of a directory alone comes to its end", () =>
      Effect.gen(function*() {
        const archive = packed([TarEntry.Directory({ path: "workspace", mode: 0o755, owner: 1000 })])
        const size = yield* Stream.runFold(archive, 0, (sum, bytes) => sum + bytes.length)
        assert.strictEqual(size, 512 + 1024)
      }))
  })
})
