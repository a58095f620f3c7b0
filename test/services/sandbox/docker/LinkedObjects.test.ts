/** A repository's objects in a directory of a session's own, which takes no disk. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SessionId } from "../../../../src/domain/Ids.ts"
import * as LinkedObjects from "../../../../src/services/sandbox/docker/LinkedObjects.ts"
import * as Git from "../../../support/Git.ts"

const session = SessionId.make("0123456789ab")

const setup = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const repository = yield* Git.repository({ "a.txt": "one\n" })
  yield* Git.git(repository, "repack", "-a", "-d", "-q")
  yield* fs.writeFileString(`${repository}/b.txt`, "two\n")
  yield* Git.git(repository, "add", "-A")
  yield* Git.git(repository, "commit", "-q", "-m", "loose")
  const dataDir = yield* Git.temporary
  return { fs, repository, objects: `${repository}/.git/objects`, linked: yield* LinkedObjects.make(dataDir), dataDir }
})

layer(NodeContext.layer, { excludeTestServices: true })("linked objects", (it) => {
  it.scoped("are all that git needs of a repository, packed or loose, also after it packed them anew", () =>
    Effect.gen(function*() {
      const { fs, linked, objects, repository } = yield* setup
      const directory = yield* linked.create(session)
      yield* linked.link(session, objects)
      const head = yield* Git.git(repository, "rev-parse", "HEAD")
      yield* Git.git(repository, "repack", "-a", "-d", "-q")
      yield* fs.remove(objects, { recursive: true })
      const other = yield* Git.temporary
      yield* Git.git(other, "init", "--quiet", "--bare")
      yield* fs.writeFileString(`${other}/objects/info/alternates`, `${directory}\n`)
      yield* Git.git(other, "update-ref", "refs/heads/main", head)
      yield* Git.git(other, "fsck", "--full")
      assert.strictEqual(yield* Git.git(other, "show", "main:b.txt"), "two")
    }))

  it.scoped("are links, without locks and half-written files", () =>
    Effect.gen(function*() {
      const { fs, linked, objects } = yield* setup
      yield* fs.writeFileString(`${objects}/pack/tmp_pack_x`, "half")
      yield* fs.writeFileString(`${objects}/pack/pack-1.lock`, "")
      const directory = yield* linked.create(session)
      yield* linked.link(session, objects)
      const names = yield* fs.readDirectory(`${directory}/pack`)
      assert.isAbove(names.length, 0)
      for (const name of names) {
        assert.match(name, /^pack-[0-9a-f]{40}\.(pack|idx|rev)$/)
        assert.deepStrictEqual(
          (yield* fs.stat(`${directory}/pack/${name}`)).ino,
          (yield* fs.stat(`${objects}/pack/${name}`)).ino
        )
      }
    }))

  it.scoped("are refused where they are too many to be quick", () =>
    Effect.gen(function*() {
      const { dataDir, objects } = yield* setup
      const few = yield* LinkedObjects.make(dataDir, 4)
      yield* few.create(session)
      assert.match((yield* Effect.flip(few.link(session, objects))).message, /objects are [5-9] files$/)
    }))

  it.scoped("are removed with their directory, which others than the user of a sandbox cannot enter", () =>
    Effect.gen(function*() {
      const { dataDir, fs, linked, objects } = yield* setup
      const directory = yield* linked.create(session)
      yield* linked.link(session, objects)
      assert.strictEqual((yield* fs.stat(`${dataDir}/objects`)).mode & 0o777, 0o700)
      assert.strictEqual((yield* fs.stat(directory)).mode & 0o777, 0o755)
      yield* linked.remove(session)
      yield* linked.remove(session)
      assert.isFalse(yield* fs.exists(directory))
      assert.isTrue(yield* fs.exists(objects))
    }))
})
