import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { TodoList } from "../../../sandbox/agent/TodoList.ts"
import { run as runProcess } from "../Processes.ts"
import { makeToolbox, recordTelling } from "./AgentKit.ts"

/** Until the process whose id is in the file `pid` is gone, or a zombie that nobody has waited for. */
const awaitGone = (cwd: string) =>
  runProcess(
    "bash",
    ["-c", "while read -r _ _ state _ < /proc/$(< pid)/stat && [ \"$state\" != Z ]; do :; done 2>&-"],
    { cwd }
  )

/** Tools on a fresh directory. */
const makeTools = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* Effect.flatMap(fs.makeTempDirectoryScoped({ prefix: "opentl-tools-" }), fs.realPath)
  const use = (name: string) => (input: unknown) =>
    Effect.gen(function*() {
      const { log, telling } = yield* recordTelling(directory)
      const toolbox = yield* makeToolbox(directory, telling, yield* Ref.make<TodoList>([]))
      const { failed, text } = yield* toolbox.run({ id: "1", name, input })
      return { log: yield* log, failed, text }
    })
  return { directory, edit: use("edit"), shell: use("shell") }
})

layer(NodeContext.layer, { excludeTestServices: true })("tools", (it) => {
  it.scoped("shell: the command is bash, in the directory, as it was written", () =>
    Effect.gen(function*() {
      const { directory, shell } = yield* makeTools
      const { log, text } = yield* shell({ command: "pwd\necho \"$0 $#\" '$(id)' \"it's\"; read x; echo \"[$x]\"" })
      assert.strictEqual(text, `${directory}\nbash 0 $(id) it's\n[]\n[exit code 0]`)
      assert.strictEqual(log[0], "▸ pwd … (1 more lines)")
    }))

  it.scoped("shell: keeps the order of stdout and stderr, which can be opened by name", () =>
    Effect.gen(function*() {
      const { shell } = yield* makeTools
      const { text } = yield* shell({
        command: "for i in 1 2 3; do echo o$i; echo e$i > /dev/stderr; done; printf end; exit 7"
      })
      assert.strictEqual(text, "o1\ne1\no2\ne2\no3\ne3\nend\n[exit code 7]")
    }))

  it.scoped("shell: gives the model the beginning and the end of a long output", () =>
    Effect.gen(function*() {
      const { log, text } = yield* Effect.flatMap(makeTools, ({ shell }) => shell({ command: "seq 1 200000" }))
      assert.isTrue(text.startsWith("1\n2\n3\n"))
      assert.isTrue(text.endsWith("199999\n200000\n[exit code 0]"))
      assert.isBelow(text.length, 25_000)
      assert.deepStrictEqual(log.slice(1, 3), ["  1", "  2"])
      assert.deepStrictEqual(log.slice(-3), ["  199999", "  200000", "✓ seq 1 200000"])
      assert.isBelow(log.length, 1000)
    }))

  it.scoped("shell: tells of the output while the command runs, what Python prints, too", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { directory } = yield* makeTools
      const python = `import os, time\nprint("ready")\nwhile not os.path.exists("go"): time.sleep(0.02)\nprint("done")`
      const { telling } = yield* recordTelling(directory)
      const toolbox = yield* makeToolbox(
        directory,
        {
          ...telling,
          tell: (update) =>
            JSON.stringify(update).includes("[\"ready\"]")
              ? Effect.orDie(fs.writeFileString(`${directory}/go`, ""))
              : Effect.void
        },
        yield* Ref.make<TodoList>([])
      )
      const { text } = yield* toolbox.run({ id: "1", name: "shell", input: { command: `python3 -c '${python}'` } })
      assert.strictEqual(text, "ready\ndone\n[exit code 0]")
    }))

  it.scoped("shell: ends at the timeout, with everything that was started, and shows what came", () =>
    Effect.gen(function*() {
      const { directory, shell } = yield* makeTools
      const { failed, text } = yield* shell({
        command: "trap '' TERM; sleep 1000 & echo $! > pid; echo begun; sleep 1000; sleep 1000",
        timeout_seconds: 1
      })
      assert.strictEqual(text, "begun\n[ended after 1 s, with all that it started]")
      assert.isTrue(failed)
      yield* awaitGone(directory)
    }))

  it.scoped("shell: does not wait for what a command leaves in the background, and ends it", () =>
    Effect.gen(function*() {
      const { directory, shell } = yield* makeTools
      const { text } = yield* shell({ command: "sleep 1000 & echo $! > pid; echo started" })
      assert.strictEqual(text, "started\n[exit code 0]")
      yield* awaitGone(directory)
    }))

  it.scoped("shell: survives a command that ends its own shell, or is too long to start", () =>
    Effect.gen(function*() {
      const { shell } = yield* makeTools
      assert.strictEqual((yield* shell({ command: "echo x; kill -KILL $$" })).text, "x\n[ended by a signal]")
      const tooLong = yield* shell({ command: `: ${"x".repeat(30_000)}` })
      assert.isTrue(tooLong.failed)
      assert.include(tooLong.text, "- command: Longer than 30000 characters. Write it to a file and run that.")
      assert.strictEqual((yield* shell({ command: `: ${"😀".repeat(14_999)}` })).text, "[exit code 0]")
      assert.include((yield* shell({ command: "echo \0" })).text, "There is a NUL character in it.")
    }))

  it.scoped("edit: creates, views and changes files", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { directory, edit } = yield* makeTools
      const path = "src/deep/a.txt"
      assert.deepStrictEqual(yield* edit({ action: "create", path, content: "one\ntwo\n" }), {
        log: ["▸ Write src/deep/a.txt", "✓ Write src/deep/a.txt", "src/deep/a.txt +2 -0"],
        failed: false,
        text: "Created: src/deep/a.txt"
      })
      assert.strictEqual((yield* edit({ action: "replace", path, old: "two", new: "2" })).failed, false)
      assert.strictEqual((yield* edit({ action: "view", path: `${directory}/${path}` })).text, "     1  one\n     2  2")
      assert.strictEqual((yield* edit({ action: "view", path, first_line: 2, last_line: 2 })).text, "     2  2")
      assert.strictEqual((yield* edit({ action: "create", path, content: "" })).text, `Written over: ${path}`)
      assert.strictEqual(yield* fs.readFileString(`${directory}/${path}`), "")
    }))

  it.scoped("edit: stays inside the repository, through links too", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { directory, edit } = yield* makeTools
      const outside = yield* fs.makeTempDirectoryScoped()
      yield* fs.symlink(outside, `${directory}/link`)
      yield* fs.symlink(`${outside}/not-yet`, `${directory}/dangling`)
      for (const path of ["../x", "/etc/passwd", "link/x", "dangling", "a/../../x"]) {
        const { failed, text } = yield* edit({ action: "create", path, content: "x" })
        assert.deepStrictEqual({ failed, text }, { failed: true, text: `${path} is outside of the repository.` })
      }
      assert.deepStrictEqual(yield* fs.readDirectory(outside), [])
    }))

  it.scoped("edit: says what is wrong", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { directory, edit } = yield* makeTools
      yield* fs.writeFile(`${directory}/image.png`, Uint8Array.of(0x89, 0x50, 0xff))
      const textOf = (input: unknown) => Effect.map(edit(input), ({ failed, text }) => failed ? text : "it worked")
      assert.strictEqual(yield* textOf({ action: "view", path: "no" }), "There is no file no.")
      assert.strictEqual(yield* textOf({ action: "view", path: "." }), ". is not a file. Use the shell to look at it.")
      assert.include(yield* textOf({ action: "view", path: "image.png" }), "not UTF-8")
      assert.strictEqual(yield* textOf({ action: "create", path: "x" }), "create needs `content`.")
      assert.strictEqual(yield* textOf({ action: "replace", path: "x", old: "" }), "replace needs `old` and `new`.")
      assert.include(yield* textOf({ action: "delete", path: "x" }), "The input does not fit the tool edit")
    }))

  it.scoped("are described to the model with plain object schemas", () =>
    Effect.gen(function*() {
      const { telling } = yield* recordTelling(".")
      const { definitions } = yield* makeToolbox(".", telling, yield* Ref.make<TodoList>([]))
      const [shell, edit, todo] = definitions
      assert.deepInclude(shell?.parameters, { type: "object", required: ["command"], additionalProperties: false })
      assert.deepInclude(edit?.parameters, { type: "object", required: ["action", "path"] })
      assert.deepInclude(todo?.parameters, { type: "object", required: ["items"] })
      assert.notInclude(JSON.stringify(definitions), "\"$")
    }))
})
