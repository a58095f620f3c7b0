import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { CommitId } from "../../../src/domain/Ids.ts"
import * as Git from "../../support/Git.ts"
import { exported, firstTurn, mirrorIn, setup, withRepositories } from "../../support/GitSession.ts"

layer(NodeContext.layer, { excludeTestServices: true })("GitMirror", (it) => {
  it.scoped("heals a mirror that a killed process left: half-made, locked, with half a pack, or damaged", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      const fs = yield* FileSystem.FileSystem
      const prepare = withRepositories(dataDir, (repositories) => repositories.prepare(repo, firstTurn()))
      const first = yield* prepare
      const mirror = yield* mirrorIn(dataDir)

      yield* fs.writeFileString(`${mirror}/packed-refs.lock`, "")
      yield* fs.writeFileString(`${mirror}/config.lock`, "")
      yield* fs.writeFileString(`${mirror}/refs/remotes/origin/main.lock`, "")
      yield* fs.makeDirectory(`${mirror}/objects/pack`, { recursive: true })
      yield* fs.writeFileString(`${mirror}/objects/pack/tmp_pack_x`, "half")
      const second = yield* Git.commit(origin, { "m.txt": "m\n" })
      assert.strictEqual((yield* prepare).commit, second)
      assert.isFalse(yield* fs.exists(`${mirror}/objects/pack/tmp_pack_x`))

      yield* fs.remove(`${mirror}/HEAD`)
      yield* fs.remove(`${mirror}/config`)
      assert.strictEqual((yield* prepare).commit, second)

      yield* fs.writeFileString(`${mirror}/HEAD`, "")
      assert.strictEqual((yield* prepare).commit, second)

      yield* fs.writeFileString(`${mirror}/refs/remotes/origin/main`, "")
      assert.strictEqual((yield* prepare).commit, second)

      yield* fs.remove(`${mirror}/objects`, { recursive: true })
      assert.strictEqual((yield* prepare).commit, second)

      yield* fs.remove(mirror, { recursive: true })
      assert.strictEqual((yield* prepare).commit, second)
      assert.notStrictEqual(first.commit, second)
    }))

  it.scoped("lifts a lock that appears while the server runs", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      const fs = yield* FileSystem.FileSystem
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          yield* repositories.prepare(repo, firstTurn())
          const mirror = yield* mirrorIn(dataDir)
          yield* fs.writeFileString(`${mirror}/refs/remotes/origin/main.lock`, "")
          const second = yield* Git.commit(origin, { "n.txt": "n\n" })
          assert.strictEqual((yield* repositories.prepare(repo, firstTurn())).commit, second)
        }))
    }))

  it.scoped("fetches a commit again that a mirror made anew does not have", () =>
    Effect.gen(function*() {
      const { dataDir, repo } = yield* setup
      const fs = yield* FileSystem.FileSystem
      const { commit } = yield* withRepositories(dataDir, (repositories) => repositories.prepare(repo, firstTurn()))
      yield* fs.remove(yield* mirrorIn(dataDir), { recursive: true })
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          assert.include(yield* repositories.overview(repo, commit, 10_000), "README.md:\n# Hello")
          const unknown = CommitId.make("f".repeat(40))
          const error = yield* Effect.flip(repositories.overview(repo, unknown, 10_000))
          assert.include(error.message, "has no commit ffffffffffff")
        }))
    }))

  it.scoped("prepares many times at once", () =>
    Effect.gen(function*() {
      const { dataDir, origin, repo } = yield* setup
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const all = yield* Effect.all(
            Array.from({ length: 4 }, () => repositories.prepare(Git.local(origin), firstTurn())),
            {
              concurrency: "unbounded"
            }
          )
          assert.deepStrictEqual(new Set(all.map(({ commit }) => commit)).size, 1)
          assert.deepStrictEqual(all[0], yield* repositories.prepare(repo, firstTurn()))
        }))
    }))

  it.scoped("leaves nothing behind but the mirror", () =>
    Effect.gen(function*() {
      const { dataDir, repo } = yield* setup
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(`${dataDir}/mirrors/.tmp/killed`, { recursive: true })
      yield* withRepositories(dataDir, (repositories) =>
        Effect.gen(function*() {
          const { commit } = yield* repositories.prepare(repo, firstTurn())
          yield* Effect.scoped(exported(repositories, repo, commit))
        }))
      assert.deepStrictEqual(yield* fs.readDirectory(`${dataDir}/mirrors/.tmp`), [])
    }))
})
