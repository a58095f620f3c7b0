/** The cache of installed dependencies where something is wrong: the registry, a file, the server, or who gets there first. */
import * as Command from "@effect/platform/Command"
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { randomBytes } from "node:crypto"
import * as Registry from "../standins/registry/index.ts"
import { itDocker } from "../support/Docker.ts"
import * as Git from "../support/Git.ts"
import * as Program from "../support/Program.ts"
import { smallDisk } from "../support/SmallDisk.ts"
import { makeHouse } from "./DependencyKit.ts"

const says = (word: string) => ({ scripts: { test: `node -e "process.exit(require('greet') === '${word}' ? 0 : 1)"` } })

const withGreeting = Effect.gen(function*() {
  const house = yield* makeHouse({ OPENTL_ROUNDS: "1" })
  const one = yield* house.registry.publish("greet", "1.0.0", { "index.js": "module.exports = \"hello\"\n" })
  yield* Git.commit(house.repository, Registry.project([one], says("hello")))
  return house
})

const tarball = "/greet/-/greet-1.0.0.tgz"

describe("the cache of dependencies", () => {
  itDocker("lets nobody wait again for a registry that cannot be reached", () =>
    Effect.gen(function*() {
      const { entries, environment, registry, repository, session } = yield* withGreeting
      // npm tries it three times, with pauses
      yield* Git.commit(repository, { ".npmrc": "fetch-retries=0\n" })
      yield* registry.setDown(true)
      const server = yield* Program.serve(environment)
      const first = yield* session(server, "echo 1 >a.txt")
      assert.deepStrictEqual(first.outcomes, ["install failed_before", "test failed_before"])
      assert.match(first.tails[0] ?? "", /npm error/)
      // the round's own, and one for all of its checks
      assert.deepStrictEqual(first.asked, [Registry.refused, Registry.refused])
      const second = yield* session(server, "echo 2 >b.txt")
      assert.deepStrictEqual(second.outcomes, ["install failed_before", "test failed_before"])
      assert.deepStrictEqual(second.asked, [])
      assert.include(second.told.join("\n"), "a moment ago")
      assert.deepStrictEqual(yield* entries, [])
    }))

  itDocker(
    "keeps nothing on a disk that is too full for it, and the session goes on",
    (context) =>
      Effect.gen(function*() {
        const disk = yield* smallDisk(context, 32)
        const { entries, environment, fs, registry, repository, session } = yield* makeHouse({
          OPENTL_DATA_DIR: disk.path,
          OPENTL_ROUNDS: "1"
        })
        // twice in what is packed: installed, and in npm's cache
        const large = {
          "index.js": "module.exports = \"hello\"\n",
          "large.txt": randomBytes(18_000_000).toString("base64")
        }
        const one = yield* registry.publish("greet", "1.0.0", large)
        yield* Git.commit(repository, Registry.project([one], says("hello")))
        const server = yield* Program.serve(environment)
        const { id, outcomes, told } = yield* session(server, "echo 1 >a.txt")
        assert.deepStrictEqual(outcomes, ["test passed"])
        assert.strictEqual(told.at(-1), `opentl/${id}`)
        assert.deepStrictEqual(yield* entries, [])
        // no half of it is left, and the next one is not made to wait for another try
        const left = yield* fs.readDirectory(disk.path, { recursive: true })
        assert.deepStrictEqual(left.filter((name) => /\/result-|\.tar/.test(name)), [])
        assert.deepStrictEqual((yield* session(server, "echo 2 >b.txt")).outcomes, ["test passed"])
      })
  )

  itDocker("is filled once for sessions that want the same at the same time", () =>
    Effect.gen(function*() {
      const { entries, environment, registry, session } = yield* withGreeting
      const server = yield* Program.serve(environment)
      const lines = ["echo 1 >a.txt", "echo 2 >b.txt", "echo 3 >c.txt"]
      const all = yield* Effect.forEach(lines, (line) => session(server, line), { concurrency: 3 })
      assert.deepStrictEqual(all.map(({ outcomes }) => outcomes), lines.map(() => ["test passed"]))
      const asked = [...all.flatMap(({ asked }) => asked), ...yield* registry.asked]
      assert.deepStrictEqual(asked, [...lines, "the base"].map(() => tarball))
      assert.strictEqual((yield* entries).length, 1)
    }))

  itDocker("is filled by the next server where one is killed meanwhile", () =>
    Effect.gen(function*() {
      const { entries, environment, registry, repository, session } = yield* withGreeting
      const killed = yield* Program.serve(environment)
      yield* registry.hold(true)
      const id = yield* killed.create({ repo: repository, prompt: "Change it\n\nRUN: echo 1 >a.txt" })
      // the round's install is answered, the base's is not
      yield* registry.untilAsked
      yield* registry.hold(false)
      yield* registry.hold(true)
      yield* registry.untilAsked
      yield* killed.kill("SIGKILL")
      yield* registry.hold(false)
      const server = yield* Program.serve(environment)
      const told = [...yield* Stream.runCollect(server.events(id))].map(({ data }) => data)
      assert.include(told.join("\n"), "verified: 1 of 1 check passes")
      assert.strictEqual((yield* entries).length, 1)
      const next = yield* session(server, "echo 2 >b.txt")
      assert.deepStrictEqual([next.outcomes, next.asked], [["test passed"], []])
    }))

  itDocker("is done without where a file of it is damaged", () =>
    Effect.gen(function*() {
      const { entries, environment, fs, session } = yield* withGreeting
      const server = yield* Program.serve(environment)
      yield* session(server, "echo 1 >a.txt")
      const [name = ""] = yield* entries
      const file = `${environment.OPENTL_DATA_DIR}/dependencies/${name}`
      const { size } = yield* fs.stat(file)
      yield* fs.truncate(file, Number(size) / 2)
      const next = yield* session(server, "ls /workspace >ls.txt")
      assert.deepStrictEqual(next.outcomes, ["test passed"])
      assert.deepStrictEqual(next.asked, [tarball, tarball])
      assert.include(next.told, "The cache of dependencies could not be used")
      assert.include(next.told, "Installing dependencies (npm ci)")
    }))

  itDocker("writes nothing beside what was installed, whatever is in a file of it", () =>
    Effect.gen(function*() {
      const { entries, environment, fs, repository, session } = yield* withGreeting
      const server = yield* Program.serve(environment)
      yield* session(server, "echo 1 >a.txt")
      const [name = ""] = yield* entries
      const file = `${environment.OPENTL_DATA_DIR}/dependencies/${name}`
      const hostile = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-hostile-" })
      yield* fs.chmod(hostile, 0o755)
      const pack = (...more: ReadonlyArray<string>) =>
        Effect.gen(function*() {
          const lines = [
            "rm -rf * && mkdir -p repo/.git/hooks repo/node_modules home other in out",
            "touch complete other/made in/made out/made repo/.git/hooks/made",
            "echo evil >repo/package.json",
            "ln -s .git repo/into; ln -s /workspace/in repo/outside; ln -s ../../in repo/above",
            "tar -cf made.tar complete repo home other in out",
            ...more
          ].join(" && ")
          const command = Command.make("bash", "-ec", lines).pipe(Command.workingDirectory(hostile))
          assert.strictEqual(yield* Command.exitCode(command), 0)
          yield* fs.copyFile(`${hostile}/made.tar`, file)
        })
      const look =
        "(find / -xdev -name made -o -xdev -name escaped -o -xdev -name absolute 2>/dev/null || true) >found.txt"
      const found = (id: string) => Git.git(repository, "show", `opentl/${id}:found.txt`)

      // git's own directory, the directories beside, and what a link would lead to
      yield* pack(
        "mkdir into && touch into/made",
        "tar -rf made.tar --transform 's,^,repo/,' into/made"
      )
      const next = yield* session(server, look)
      assert.include(next.told, "Dependencies taken from the cache")
      assert.strictEqual(yield* found(next.id), "")
      assert.include(next.told.join("\n"), "1 file changed, +0 -0", "the commit's own files stay")

      // names that lead out, also through a link
      yield* pack(
        "mkdir outside above && touch outside/made above/made",
        "tar -rf made.tar --transform 's,^,repo/,' outside/made above/made",
        "touch escaped && tar -rPf made.tar --transform 's,^escaped,../escaped,' escaped",
        "tar -rPf made.tar --transform 's,^escaped,/workspace/absolute,' escaped"
      )
      const last = yield* session(server, look)
      assert.include(last.told, "The cache of dependencies could not be used")
      assert.strictEqual(yield* found(last.id), "")
    }))
})
