/** Git within limits: each of them ends a process that goes on without end, and is a sentence. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Git } from "../../../src/services/git/Git.ts"
import { byPrlimit, type GitLimits, limits } from "../../../src/services/git/GitLimits.ts"
import { UntrustedGit } from "../../../src/services/git/UntrustedGit.ts"
import { Programs } from "../../../src/services/programs/Programs.ts"
import * as Support from "../../support/Git.ts"
import { layerConfig } from "../../support/TestConfig.ts"

/** Git whose aliases are shell lines that misbehave. */
const make = (changed: Partial<GitLimits> = {}, aliases: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const dataDir = yield* Support.temporary
    const directory = yield* Support.repository({ "a.txt": "a\n", "b.txt": "b\n" })
    yield* Effect.forEach(
      Object.entries(aliases),
      ([name, line]) => Support.git(directory, "config", `alias.${name}`, `!${line}`)
    )
    const context = yield* Layer.build(
      UntrustedGit.layerWith({ ...limits, ...changed }).pipe(
        Layer.provide(Layer.provide(Git.layer, Programs.layerDirect)),
        Layer.provide(layerConfig({ dataDir }))
      )
    )
    return { directory, git: yield* Effect.provide(UntrustedGit, context) }
  })

layer(NodeContext.layer, { excludeTestServices: true })("UntrustedGit", (it) => {
  const ends = (
    name: string,
    line: string,
    changed: Partial<GitLimits>,
    sentence: string
  ) =>
    it.scoped(name, () =>
      Effect.gen(function*() {
        const { directory, git } = yield* make(changed, { bad: line })
        const error = yield* Effect.flip(git.run({ operation: "import", directory, args: ["bad"] }))
        assert.strictEqual(error.message, `git import failed: ${sentence}`)
      }))

  ends("ends one that computes without end", "while :; do :; done", { cpu: 1 }, "it takes more than 1 seconds to read")
  ends(
    "ends one that takes ever more memory",
    "tail /dev/zero",
    { memory: 128 * 1024 ** 2 },
    "it takes more than 128 MiB of memory to read"
  )
  ends(
    "ends one that writes ever more",
    "exec head -c 2000000 /dev/zero >big",
    { file: 1024 ** 2 },
    "it unpacks to more than 1 MiB"
  )
  ends("ends one that only waits", "exec sleep 1000", { time: "1 second" }, "it did not finish within 1s")

  it.scoped("keeps so much of an endless output as was asked for", () =>
    Effect.gen(function*() {
      const { directory, git } = yield* make({}, { endless: "yes" })
      const call = { operation: "import", directory, args: ["endless"] }
      const cut = yield* git.run({ ...call, maxBytes: 5 })
      assert.deepInclude(cut, { stdout: "y\ny\ny", isCut: true })
      assert.strictEqual((yield* git.run(call)).stdout.length, 1024 * 1024)
    }))

  it.scoped("reads records as they come, no further than wanted, and none that has no end", () =>
    Effect.gen(function*() {
      const { directory, git } = yield* make({}, {
        endless: "while :; do printf 'record\\0'; done",
        broken: "printf 'one\\0two\\0'; echo 'fatal: it broke' >&2; exit 3",
        line: "exec cat /dev/zero | tr '\\0' x"
      })
      const fold = (...args: ReadonlyArray<string>) =>
        git.fold({ operation: "import", directory, args }, {
          initial: new Array<string>(),
          while: (all) => all.length < 10,
          step: (all, records) => [...all, ...records]
        })
      assert.deepStrictEqual(yield* fold("ls-tree", "-z", "--name-only", "HEAD"), ["a.txt", "b.txt"])
      assert.isAtLeast((yield* fold("endless")).length, 10)
      assert.include((yield* Effect.flip(fold("broken"))).message, "it broke")
      assert.include((yield* Effect.flip(fold("line"))).message, "a name in it has over 65536 bytes")
    }))

  it.scoped("leaves no core file behind, and opens no more files than it may", () =>
    Effect.gen(function*() {
      const { directory, git } = yield* make({ openFiles: 33 }, { limits: "ulimit -c; ulimit -n" })
      const { stdout } = yield* git.run({ operation: "import", directory, args: ["limits"] })
      assert.strictEqual(stdout, "0\n33\n")
    }))

  it.scoped("has the same limits from the shell as from prlimit, hard and soft, in a script as well", () =>
    Effect.gen(function*() {
      const { directory, git } = yield* make({}, { limits: "cat /proc/self/limits" })
      const [program = "", ...args] = byPrlimit(limits).program(["cat", "/proc/self/limits"])
      const expected = yield* Command.string(Command.make(program, ...args))
      for (const call of [{ args: ["limits"] }, { script: "git limits", args: [] }]) {
        assert.strictEqual((yield* git.run({ operation: "import", directory, ...call })).stdout, expected)
      }
      assert.match(expected, /Max data size +1073741824 +1073741824 /)
    }))

  it.scoped("says which limit a program of a script has exceeded", () =>
    Effect.gen(function*() {
      const { directory, git } = yield* make({ cpu: 1 })
      const script = `found=$(sh -c "$1") || exit\necho "$found"`
      const error = yield* Effect.flip(
        git.run({ operation: "import", directory, script, args: ["while :; do :; done"] })
      )
      assert.strictEqual(error.message, "git import failed: it takes more than 1 seconds to read")
    }))

  it.scoped("says once that prlimit is missing, and works without it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const bin = yield* Support.temporary
      const which = Effect.map(Command.string(Command.make("which", "git")), (path) => path.trim())
      yield* fs.symlink(yield* which, `${bin}/git`)
      const said: Array<unknown> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => {
          said.push(message)
        })
      )
      const dataDir = yield* Support.temporary
      const directory = yield* Support.repository()
      const { stdout } = yield* Effect.flatMap(UntrustedGit, (git) =>
        git.run({ operation: "read", directory, args: ["log", "--format=%s"] })).pipe(
          Effect.provide(
            UntrustedGit.layerWith(limits).pipe(
              Layer.provide(Layer.provide(Git.layer, Programs.layerDirect)),
              Layer.provide(layerConfig({ dataDir })),
              Layer.provide(
                Layer.merge(logger, Layer.setConfigProvider(ConfigProvider.fromMap(new Map([["PATH", bin]]))))
              )
            )
          )
        )
      assert.strictEqual(stdout, "A commit\n")
      assert.strictEqual(said.length, 1)
      assert.include(
        String(said[0]),
        "prlimit (util-linux) does not work (prlimit is not installed, or not on the PATH)"
      )
    }))
})
