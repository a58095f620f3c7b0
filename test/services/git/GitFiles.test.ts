/** Files of a commit, read from real repositories. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { CommitId } from "../../../src/domain/Ids.ts"
import type { Repository } from "../../../src/domain/Repository.ts"
import type { Repositories } from "../../../src/services/git/Repositories.ts"
import * as Git from "../../support/Git.ts"
import { firstTurn, setupOn, withRepositories } from "../../support/GitSession.ts"

interface Place {
  readonly repositories: Repositories["Type"]
  readonly repo: Repository
  readonly commit: CommitId
}

/** Asks the repositories about the first commit of a repository with these files, and more that is put into it. */
const on = <A, E>(
  files: Readonly<Record<string, string>>,
  ask: (place: Place) => Effect.Effect<A, E>,
  more: (directory: string) => Effect.Effect<void, PlatformError, FileSystem.FileSystem | NodeContext.NodeContext> =
    () => Effect.void,
  ...options: ReadonlyArray<string>
) =>
  Effect.gen(function*() {
    const { dataDir, origin, repo } = yield* setupOn(Git.repository(files, ...options))
    yield* more(origin)
    return yield* withRepositories(dataDir, (repositories) =>
      Effect.flatMap(repositories.prepare(repo, firstTurn()), ({ commit }) =>
        ask({ repositories, repo, commit })))
  })

const read = (paths: ReadonlyArray<string>, limit = 1000) => ({ commit, repo, repositories }: Place) =>
  Effect.map(repositories.files(repo, commit, paths, limit), (files) => Object.fromEntries(files))

layer(NodeContext.layer, { excludeTestServices: true })("Repositories.files", (it) => {
  it.scoped("reads those that there are, wherever they lie", () =>
    Effect.gen(function*() {
      const wanted = ["a.txt", "empty", "deep/er/b c.txt", "*.txt", "gone.txt", "deep", "e\u0308\"\n.md"]
      const files = {
        "a.txt": "one\ntwo",
        empty: "",
        "deep/er/b c.txt": "\n\n",
        "e\u0308\"\n.md": "ü\n",
        "other.txt": "x"
      }
      const { "other.txt": _, ...found } = files
      assert.deepStrictEqual(yield* on(files, read(wanted)), found)
      assert.deepStrictEqual(yield* on(files, read(["gone"])), {})
      assert.deepStrictEqual(yield* on(files, read(["a.txt"]), () => Effect.void, "--object-format=sha256"), {
        "a.txt": "one\ntwo"
      })
    }))

  it.scoped("follows no link, and reads no submodule", () =>
    Effect.gen(function*() {
      const links = Effect.fnUntraced(function*(directory: string) {
        const fs = yield* FileSystem.FileSystem
        yield* fs.symlink("/etc/passwd", `${directory}/AGENTS.md`)
        yield* fs.symlink("real", `${directory}/linked`)
        const commit = yield* Git.commit(directory, { "x": "x" })
        yield* Git.git(directory, "update-index", "--add", "--cacheinfo", `160000,${commit},module`)
        yield* Git.git(directory, "commit", "--quiet", "--message", "A submodule")
      })
      const files = yield* on(
        { "real/a.txt": "a" },
        read(["AGENTS.md", "linked", "linked/a.txt", "module", "real/a.txt"]),
        links
      )
      assert.deepStrictEqual(files, { "real/a.txt": "a" })
    }))

  it.scoped("reads the head of a longer one, up to a whole character", () =>
    Effect.gen(function*() {
      const files = { exact: "x".repeat(1000), long: "y".repeat(5_000_000), wide: "€".repeat(1000) }
      assert.deepStrictEqual(yield* on(files, read(["exact", "long", "wide"])), {
        exact: files.exact,
        long: "y".repeat(1000),
        wide: "€".repeat(333)
      })
    }))

  it.scoped("tells files apart whatever is in them, and reads equal ones once", () =>
    Effect.gen(function*() {
      const files = { a: "blob 3\nb\n", b: "0123 blob\n\0\n", c: "blob 3\nb\n" }
      assert.deepStrictEqual(yield* on(files, read(["a", "b", "c"])), files)
    }))

  it.scoped("reads a text without its byte order mark, and shows what is not UTF-8", () =>
    Effect.gen(function*() {
      const binary = (directory: string) =>
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          yield* fs.writeFile(`${directory}/latin1`, Uint8Array.of(0x61, 0xe4, 0x62))
          yield* Git.commit(directory, { marked: "\ufeffa: 1" })
        })
      assert.deepStrictEqual(yield* on({ z: "z" }, read(["latin1", "marked", "z"]), binary), {
        latin1: "a\ufffdb",
        marked: "a: 1",
        z: "z"
      })
    }))
})

layer(NodeContext.layer, { excludeTestServices: true })("Repositories.treeEntries", (it) => {
  it.scoped("tells mode and object of what is wanted, and stops where there is too much", () =>
    Effect.gen(function*() {
      const files = { "a.json": "1", "ü/a.json": "1", "b.json": "2", "c.txt": "3" }
      const entries = (limit: number) => ({ commit, repo, repositories }: Place) =>
        repositories.treeEntries(repo, commit, (path) => path.endsWith(".json"), limit)
      const link = (directory: string) =>
        Effect.gen(function*() {
          const blob = yield* Git.feed(directory, "a.json", "hash-object", "-w", "--stdin")
          yield* Git.git(directory, "update-index", "--add", "--cacheinfo", `120000,${blob},link.json`)
          yield* Git.git(directory, "commit", "--quiet", "--message", "A link")
        })
      const found = yield* on(files, entries(10), link)
      assert.sameMembers(Array.from(found.keys()), ["a.json", "b.json", "link.json", "ü/a.json"])
      assert.strictEqual(found.get("a.json"), found.get("ü/a.json"))
      assert.notStrictEqual(found.get("a.json"), found.get("b.json"))
      assert.match(found.get("a.json") ?? "", /^100644 [0-9a-f]{40}$/)
      assert.match(found.get("link.json") ?? "", /^120000 /)
      assert.isAbove((yield* on(files, entries(1), link)).size, 1)
    }))
})

layer(NodeContext.layer, { excludeTestServices: true })("Repositories.firstPaths", (it) => {
  it.scoped("finds the first path of each kind", () =>
    Effect.gen(function*() {
      const files = { "a/one.py": "", "b/ü.py": "", "b.ts": "", "z/two.py": "", "z.ts": "", "README": "" }
      const extension = (path: string) => /\.(py|ts)$/.exec(path)?.[1]
      const find = ({ commit, repo, repositories }: Place) => repositories.firstPaths(repo, commit, extension)
      assert.sameMembers(Array.from(yield* on(files, find)), ["a/one.py", "b.ts"])
      const named = ({ commit, repo, repositories }: Place) =>
        repositories.firstPaths(repo, commit, (path) => path.startsWith("b/") ? "b" : undefined)
      assert.deepStrictEqual(yield* on(files, named), ["b/ü.py"])
    }))

  it.scoped("goes through a hundred thousand files", () =>
    Effect.gen(function*() {
      const many = (directory: string) =>
        Effect.gen(function*() {
          const blob = yield* Git.feed(directory, "", "hash-object", "-w", "--stdin")
          const names = Array.from({ length: 100_000 }, (_, i) => `100644 ${blob}\tsrc/${i % 100}/file-${i}.ts`)
          yield* Git.feed(directory, names.join("\n"), "update-index", "--index-info")
          yield* Git.git(directory, "commit", "--quiet", "--message", "Many files")
        })
      const find = ({ commit, repo, repositories }: Place) =>
        repositories.firstPaths(repo, commit, (path) => path.startsWith("src/") ? undefined : path)
      assert.deepStrictEqual(yield* on({ "zebra.txt": "" }, find, many), ["zebra.txt"])
    }))
})
