/** The built program without a server: what one command records, the next ones and a later server find. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Git from "../support/Git.ts"
import * as Program from "../support/Program.ts"

const world = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-recorded-" })
  const repo = yield* Git.repository({ "README.md": "# Hello\n" })
  const environment = {
    OPENTL_DATA_DIR: dataDir,
    OPENTL_ADDR: "127.0.0.1:1",
    OPENTL_SANDBOX: "local",
    OPENTL_EGRESS: "none",
    OPENTL_AGENT: "command:echo b > b.txt"
  }
  yield* Program.tidy(environment)
  const opentl = (...args: ReadonlyArray<string>) => Program.run(environment, ...args)
  /** Records a task, and says its id. */
  const record = Effect.gen(function*() {
    const { code, err, out } = yield* opentl("run", "Add b.txt", "--repo", repo, "--detach")
    assert.strictEqual(code, 0, err)
    assert.include(err, "recorded as pending: nothing is working on it now; the next opentl serve starts it\n")
    return out.trim()
  })
  const status = (id: string) =>
    Effect.map(opentl("status", id, "--json"), ({ out }): string => {
      const session: { readonly status: string } = JSON.parse(out)
      return session.status
    })
  return { environment, opentl, record, status }
})

describe("run --detach without a server", () => {
  it.scopedLive("records a session that waits, and stop ends it without a server", () =>
    Effect.gen(function*() {
      const { opentl, record, status } = yield* world
      const id = yield* record
      assert.strictEqual(yield* status(id), "pending")
      const stopped = yield* opentl("stop", id)
      assert.deepStrictEqual([stopped.code, stopped.out], [0, `stopped ${id}\n`], stopped.err)
      assert.strictEqual(yield* status(id), "cancelled")
    }).pipe(Effect.provide(NodeContext.layer)), 120_000)

  it.scopedLive("records a session that a later server works on", () =>
    Effect.gen(function*() {
      const { environment, record, status } = yield* world
      const id = yield* record
      assert.strictEqual(yield* status(id), "pending")
      const server = yield* Program.serve({ ...environment, OPENTL_ADDR: "127.0.0.1:0" })
      const events = yield* Stream.runCollect(server.events(id))
      const told = [...events].map(({ type }) => type)
      assert.include(told, "diff", told.join(", "))
      assert.strictEqual(yield* status(id), "complete")
    }).pipe(Effect.provide(NodeContext.layer)), 120_000)
})
