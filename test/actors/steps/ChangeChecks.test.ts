/** Whether a change brings checks of its own is looked up in its files only where it can: on the real actors. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Diff } from "../../../src/domain/Diff.ts"
import { commit } from "../../fakes/FakeForge.ts"
import { diffOf } from "../../support/Patches.ts"
import { create, history, withServer } from "../../support/TestApp.ts"
import { changed } from "../../support/Weakening.ts"
import { scriptChecks } from "./VerifyKit.ts"

/** The commits whose files a session with that change reads, the base's and the change's. */
const readFor = (diff: Diff) =>
  withServer((world) =>
    Effect.gen(function*() {
      scriptChecks(world, () => ({}))
      const read = new Set<string>()
      world.remote.filesAt = (at) => {
        read.add(at)
        return world.remote.files
      }
      world.remote.diff = () => diff
      yield* history(yield* create())
      return { base: read.has(commit(1)), change: read.has(commit(2)) }
    })
  )

const both = { base: true, change: true }

describe("the files of a change", () => {
  it.effect("are not read for checks where none of them tells of any", () =>
    Effect.gen(function*() {
      const read = yield* readFor(diffOf([changed("src/a.ts", ["-a", "+b"]), changed("docs/go.mod", ["-a", "+b"])]))
      assert.deepStrictEqual(read, { base: true, change: false })
    }))

  it.effect("are read where one of them does, by its text or by its name, or did before it was moved", () =>
    Effect.gen(function*() {
      for (const path of ["package.json", "Makefile", "go.mod", "pnpm-lock.yaml", "lib/test_a.py"]) {
        assert.deepStrictEqual(yield* readFor(diffOf([changed(path, ["-a", "+b"])])), both, path)
      }
      const moved = diffOf([changed("old/conftest.py", ["-a", "+b"])])
      const from = moved.changed.map((file) => ({ ...file, previousPath: "conftest.py", status: "renamed" as const }))
      assert.deepStrictEqual(yield* readFor({ ...moved, changed: from }), both)
    }))

  it.effect("are read where the list of what changed is not complete", () =>
    Effect.gen(function*() {
      const some = diffOf([changed("src/a.ts", ["-a", "+b"])])
      assert.deepStrictEqual(yield* readFor({ ...some, files: 2 }), both)
    }))
})
