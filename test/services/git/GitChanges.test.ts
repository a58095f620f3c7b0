/** Git's own list and its own diff of a change of every kind name the same files. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Patch from "../../../src/domain/Patch.ts"
import * as GitChanges from "../../../src/services/git/GitChanges.ts"
import { Repositories } from "../../../src/services/git/Repositories.ts"
import * as Git from "../../support/Git.ts"
import { firstTurn } from "../../support/GitSession.ts"

const before = {
  "plain.txt": "one\n",
  "to be moved.txt": "a text\nthat is long enough\nto be known again\n",
  "script.sh": "echo\n",
  "a b/a b.sh": "echo\n",
  "becomes a link": "text\n",
  "gone.bin": "\0gone",
  "gone.txt": "gone\n",
  "changed.bin": "\0one"
}

/** Names that git quotes, a content that looks like a header to whom other characters end a line, too, and the rest. */
const after = {
  "plain.txt": "two\u2028diff --git a/forged b/forged\n--- a/forged\n+++ b/forged\rdiff --git a/forged b/forged\n",
  "tab\tand \"quote\" \\.txt": "x\n",
  "line\nfeed.txt": "x\n",
  "\u00e4 \u{1f600}.txt": "x\n",
  "diff --git a/x b/x": "x\n",
  "empty.txt": "",
  "new.bin": `\0${"x".repeat(2_000_000)}`,
  "changed.bin": "\0two",
  "no line end.txt": "x"
}

const change = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* Git.repository(before)
  const from = yield* Git.commitOf(directory, "HEAD")
  yield* fs.makeDirectory(`${directory}/moved`)
  yield* Git.git(directory, "mv", "to be moved.txt", "moved/here.txt")
  for (const name of ["gone.bin", "gone.txt", "becomes a link"]) yield* fs.remove(`${directory}/${name}`)
  yield* fs.symlink("../elsewhere", `${directory}/becomes a link`)
  yield* fs.chmod(`${directory}/script.sh`, 0o755)
  yield* fs.chmod(`${directory}/a b/a b.sh`, 0o755)
  yield* Git.commit(directory, after)
  yield* Git.git(directory, "update-index", "--add", "--cacheinfo", `160000,${from},vendored`)
  yield* Git.git(directory, "commit", "--quiet", "--message", "A submodule")
  const to = yield* Git.commitOf(directory, "HEAD")
  return { directory, from, to }
})

const ordinary = "100644"
const none = "000000"

layer(NodeContext.layer, { excludeTestServices: true })("a change", (it) => {
  it.scoped("is listed with every file's name, kind and modes, and its diff has a section of each", () =>
    Effect.gen(function*() {
      const { directory, from, to } = yield* change
      const dataDir = yield* Git.temporary
      const repo = Git.local(directory)
      const diff = yield* Effect.flatMap(
        Repositories,
        (repositories) => Effect.zipRight(repositories.prepare(repo, firstTurn()), repositories.diff(repo, from, to))
      ).pipe(
        Effect.provide(Git.layer({ dataDir }))
      )
      const kinds = Object.fromEntries(
        diff.changed.map(({ mode, path, previousMode, status }) => [path, `${status} ${previousMode} ${mode}`])
      )
      assert.deepStrictEqual(kinds, {
        "plain.txt": `changed ${ordinary} ${ordinary}`,
        "moved/here.txt": `renamed ${ordinary} ${ordinary}`,
        "script.sh": `changed ${ordinary} 100755`,
        "a b/a b.sh": `changed ${ordinary} 100755`,
        "becomes a link": `changed ${ordinary} 120000`,
        "gone.bin": `deleted ${ordinary} ${none}`,
        "gone.txt": `deleted ${ordinary} ${none}`,
        "changed.bin": `changed ${ordinary} ${ordinary}`,
        "new.bin": `added ${none} ${ordinary}`,
        "empty.txt": `added ${none} ${ordinary}`,
        "no line end.txt": `added ${none} ${ordinary}`,
        "tab\tand \"quote\" \\.txt": `added ${none} ${ordinary}`,
        "line\nfeed.txt": `added ${none} ${ordinary}`,
        "\u00e4 \u{1f600}.txt": `added ${none} ${ordinary}`,
        "diff --git a/x b/x": `added ${none} ${ordinary}`,
        "vendored": `added ${none} 160000`
      })
      assert.strictEqual(diff.changed.find(({ path }) => path === "moved/here.txt")?.previousPath, "to be moved.txt")
      assert.strictEqual(diff.files, diff.changed.length)

      const sections = Patch.sections(diff.patch)
      assert.deepStrictEqual(
        [...new Set(sections.map(({ path }) => path))].toSorted(),
        diff.changed.map(({ path }) => path).toSorted()
      )
      assert.strictEqual(sections.map(({ text }) => text).join(""), diff.patch)
      assert.deepStrictEqual(sections.filter(({ isWhole }) => !isWhole), [])
      assert.deepStrictEqual(
        sections.filter(({ isBinary }) => isBinary).map(({ path }) => path).toSorted(),
        ["changed.bin", "gone.bin", "new.bin"]
      )
      assert.strictEqual(sections.find(({ path }) => path === "new.bin")?.binaryBytes, 2_000_001)
    }))
})

describe("GitChanges", () => {
  it("ends a list that was cut off with its last whole entry", () => {
    const entry = (name: string) => `:100644 100644 ${"1".repeat(40)} ${"2".repeat(40)} M\0${name}\0`
    const paths = (output: string) => GitChanges.read(output).map(({ path }) => path)
    assert.deepStrictEqual(paths(""), [])
    assert.deepStrictEqual(paths(entry("a") + entry("b")), ["a", "b"])
    assert.deepStrictEqual(paths(entry("a") + entry("long").slice(0, -3)), ["a"])
    assert.deepStrictEqual(paths(entry("a") + entry("b").slice(0, 20)), ["a"])
    assert.deepStrictEqual(paths(`${entry("a")}no entry\0x\0`), ["a"])
  })
})
