import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { type FileFormat, reader } from "../../../src/bots/shared/SessionFiles.ts"
import { SessionId } from "../../../src/domain/Ids.ts"

const id = SessionId.make("0123456789ab")

const format: FileFormat = {
  longestLog: 10,
  cutNote: () => "…\n",
  emptyLog: "",
  nameOf: (kind, session, turn) => `${session}-${turn ?? "now"}.${kind}`
}

const filesOf = (log: ReadonlyArray<string>, changes: Partial<FileFormat> = {}) =>
  Layer.build(Layer.mock(Sessions, { log: () => Stream.fromIterable(log), diff: () => Effect.succeed("") })).pipe(
    Effect.map((context) => reader(Context.get(context, Sessions), { ...format, ...changes }))
  )

const contentOf = (log: ReadonlyArray<string>, changes?: Partial<FileFormat>) =>
  Effect.flatMap(filesOf(log, changes), (read) => read("log", id)).pipe(
    Effect.map((file) => Option.getOrUndefined(Option.map(file, ({ content }) => content)))
  )

describe("a session's log as a file", () => {
  it.scoped("is whole where it fits", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* contentOf(["one\n", "two\n"]), "one\ntwo\n")
    }))

  it.scoped("loses its first lines where it is too long, and says so", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* contentOf(["one\n", "two\n", "three\n"]), "…\ntwo\nthree\n")
      // a line is never cut
      assert.strictEqual(yield* contentOf(["one\n", `${"x".repeat(20)}\n`]), `…\n${"x".repeat(20)}\n`)
    }))

  it.scoped("is none where it is empty, unless the platform says something else for it", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* contentOf([]), undefined)
      assert.strictEqual(yield* contentOf([], { emptyLog: "(empty)\n" }), "(empty)\n")
    }))

  it.scoped("is named as the platform names it, and an empty diff is no file", () =>
    Effect.gen(function*() {
      const read = yield* filesOf(["one\n"])
      assert.deepStrictEqual(
        Option.map(yield* read("log", id, 3), ({ name }) => name),
        Option.some("0123456789ab-3.log")
      )
      assert.deepStrictEqual(yield* read("diff", id), Option.none())
    }))
})
