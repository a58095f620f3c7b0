import { assert, describe, it } from "@effect/vitest"
import type { Verb } from "../../../src/bots/shared/ChatCommand.ts"
import { Command, read, readSlash } from "../../../src/bots/shared/CommandText.ts"
import { Piece, plain, typed } from "../../../src/bots/shared/WrittenText.ts"

const on = (verb: Verb, id?: string, reason = "") => Command.OnSession({ verb, id, reason })
const task = (command: Command): string => command._tag === "Task" ? plain(command.task) : command._tag

describe("a command in Slack", () => {
  const commands: ReadonlyArray<readonly [string, Command]> = [
    ["help", Command.Help()],
    [" Help ", Command.Help()],
    ["list", Command.List()],
    ["status", on("status")],
    ["/status", on("status")],
    ["stop 0123456789AB", on("stop", "0123456789ab")],
    ["log 01ab", on("log", "01ab")],
    ["reject", on("reject")],
    ["reject 0123456789ab too\nbig", on("reject", "0123456789ab", "too\nbig")],
    ["repo", Command.Repository({ name: undefined })],
    ["repo acme/web", Command.Repository({ name: "acme/web" })]
  ]
  for (const [text, command] of commands) {
    it(JSON.stringify(text), () => {
      assert.deepStrictEqual(read(typed(text)), command)
      assert.deepStrictEqual(readSlash(typed(text)), command)
    })
  }

  const tasks: ReadonlyArray<string> = [
    "list the open bugs",
    "stop the login from failing",
    "status 0123456789ab is wrong",
    "approve everything",
    "help me",
    "statuses",
    "stop!",
    "repo a/b c/d",
    "fix the login\n--repo a/b"
  ]
  for (const text of tasks) {
    it(`${JSON.stringify(text)} is a task`, () => {
      assert.strictEqual(task(read(typed(text))), text)
      assert.strictEqual(task(readSlash(typed(text))), text)
    })
  }

  it("`run <task>` is a task whatever its words; in a mention `run` belongs to it", () => {
    assert.strictEqual(task(readSlash(typed("run list"))), "list")
    assert.strictEqual(task(readSlash(typed("RUN fix it\n  --repo a/b"))), "fix it\n  --repo a/b")
    assert.strictEqual(task(readSlash(typed("run"))), "")
    assert.strictEqual(task(read(typed("run the tests"))), "run the tests")
  })

  it("alone, `/opentl` asks for help", () => assert.deepStrictEqual(readSlash(typed("  ")), Command.Help()))

  it("takes a repository as a link", () => {
    const link = Piece.Reference({ text: "ours (https://github.com/a/b)", value: "https://github.com/a/b" })
    assert.deepStrictEqual(
      read([...typed("repo "), link]),
      Command.Repository({ name: "https://github.com/a/b" })
    )
  })
})
