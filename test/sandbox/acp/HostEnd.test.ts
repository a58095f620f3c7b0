import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { Writable } from "node:stream"
import * as HostEnd from "../../../sandbox/acp/HostEnd.ts"

/** A host with an unread line, how it is read, and the codes with which it has ended. */
const host = (exitCode?: number) => {
  const unread = new Array<() => void>()
  const stdout = new Writable({ write: (_chunk, _encoding, read) => unread.push(read) })
  stdout.write("its last line\n")
  const exits = new Array<number>()
  return {
    end: (exit: Exit.Exit<void>, descriptor?: number) =>
      HostEnd.teardown({ exit: (code) => exits.push(code), exitCode, stdout }, descriptor)(exit, () => {}),
    exits,
    /** Each write is followed by the next one only in a later turn. */
    read: Effect.repeat(
      Effect.zipRight(Effect.sync(() => unread.shift()?.()), Effect.yieldNow()),
      { until: () => unread.length === 0 && stdout.writableLength === 0 }
    ),
    stdout
  }
}

it.effect("a host ends when its last line was read, and not before", () =>
  Effect.gen(function*() {
    const { end, exits, read } = host(3)
    end(Exit.void)
    yield* Effect.yieldNow()
    assert.deepStrictEqual(exits, [])
    yield* read
    assert.deepStrictEqual(exits, [3])
  }))

it.effect("a host that was stopped ends with 143, one that failed with 1, and one that says nothing with 0", () =>
  Effect.gen(function*() {
    const ends = [Exit.interrupt(FiberId.none), Exit.die("broken"), Exit.void]
    const codes = yield* Effect.forEach(ends, (exit) => {
      const { end, exits, read } = host()
      end(exit)
      return Effect.as(read, exits)
    })
    assert.deepStrictEqual(codes, [[143], [1], [0]])
  }))

it.effect("a host ends when nobody reads any more", () =>
  Effect.gen(function*() {
    const { end, exits, stdout } = host(0)
    stdout.destroy()
    end(Exit.void)
    yield* Effect.repeat(Effect.yieldNow(), { until: () => exits.length > 0 })
    assert.deepStrictEqual(exits, [0])
  }))

it.scoped("a host tells its exit code where somebody asks for it, and ends then", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = yield* fs.makeTempFileScoped()
    const { fd } = yield* fs.open(file, { flag: "w" })
    const { end, exits, read } = host(3)
    end(Exit.void, fd)
    yield* read
    yield* Effect.repeat(Effect.yieldNow(), { until: () => exits.length > 0 })
    assert.strictEqual(yield* fs.readFileString(file), "3\n")
    assert.deepStrictEqual(exits, [3])
  }).pipe(Effect.provide(NodeContext.layer)))

it.effect("a host ends where nobody can be told any more", () =>
  Effect.gen(function*() {
    const { end, exits, read } = host(3)
    end(Exit.void, 1_000_000)
    yield* read
    yield* Effect.repeat(Effect.yieldNow(), { until: () => exits.length > 0 })
    assert.deepStrictEqual(exits, [3])
  }))
