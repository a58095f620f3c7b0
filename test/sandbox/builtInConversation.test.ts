/** The built-in agent's conversation goes on: over rounds, turns, crashes, and other models. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { DialectName } from "./agent/ScriptedModel.ts"
import { shell, world } from "./BuiltInRound.ts"
import { run } from "./Processes.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"

const dialects: ReadonlyArray<DialectName> = ["anthropic", "openai"]

/** The id of the command that is to be interrupted, once it has begun. */
const begun = Effect.fn("begun")(function*(workspace: string) {
  const fs = yield* FileSystem.FileSystem
  const pid = Effect.orElseSucceed(fs.readFileString(`${workspace}/pid`), () => "")
  yield* Effect.repeat(pid, { until: (text) => text.endsWith("\n"), schedule: Schedule.spaced("20 millis") })
  return (yield* pid).trim()
})

/** Of the messages of a request: the roles in their order. */
const roles = (messages: string) => [...messages.matchAll(/"role":"(\w+)"/g)].map(([, role]) => role)

layer(SandboxRuntime.layer, { excludeTestServices: true })("the built-in agent's conversation", (it) => {
  for (const dialect of dialects) {
    it.scoped(`goes on in the next round and the next turn (${dialect})`, () =>
      Effect.gen(function*() {
        const { asked, round } = yield* world(dialect, [
          { text: "I make it.", calls: [shell("echo one; echo x > made")] },
          { text: "It is made." },
          { text: "It is mended." },
          { text: "You are welcome." }
        ])
        yield* round("Make the file made.")
        const second = yield* round("Mend the file.", { OPENTL_ROUND: "2" })
        const third = yield* round("Thank you.", { OPENTL_TURN: "2", OPENTL_ROUND: "1" })
        assert.include(second.texts, "opentl continues its conversation")
        assert.deepStrictEqual(second.texts.slice(-3), [
          "It is mended.",
          "usage: 100 input, 5 output tokens in 1 steps",
          "(done)"
        ])
        assert.include(third.texts, "opentl continues its conversation")
        const [, first = "", revision = "", thanks = ""] = yield* asked
        assert.include(first, "one\\n[exit code 0]")
        for (
          const text of ["Make the file made.", "I make it.", "one\\n[exit code 0]", "It is made.", "Mend the file."]
        ) {
          assert.include(revision, text)
        }
        assert.include(thanks, "It is mended.")
        assert.isTrue(thanks.indexOf("Mend the file.") < thanks.indexOf("Thank you."))
        assert.notInclude(thanks, "interrupted")
      }))

    it.scoped(`goes on after a kill in the middle of a command (${dialect})`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { asked, environment, round, session } = yield* world(dialect, [
          {
            text: "First.",
            calls: [shell("echo first"), { ...shell("echo $$ > ../pid; exec sleep 1000"), id: "call-2" }]
          },
          { text: "I have looked." }
        ])
        yield* fs.writeFileString(`${session.workspace}/in/prompt.md`, "Do it.")
        const process = yield* session.begin("", environment)
        yield* Effect.fork(Stream.runDrain(process.stdout))
        const pid = yield* begun(session.workspace)
        // as a container is killed: all at once, and nobody is asked
        yield* process.kill("SIGKILL")
        yield* run("kill", ["-KILL", pid])
        const { exitCode, texts } = yield* round("Do it.")
        assert.strictEqual(exitCode, 0)
        assert.include(texts, "opentl continues its conversation")
        const [, again = ""] = yield* asked
        assert.include(again, "first\\n[exit code 0]")
        assert.strictEqual(again.split("Interrupted: the work was stopped before this call had ended").length, 2)
        assert.include(again, "Your last work here was interrupted before you had finished it.")
        assert.deepStrictEqual(
          roles(again),
          dialect === "anthropic"
            ? ["user", "assistant", "user"]
            : ["system", "user", "assistant", "tool", "tool", "user"]
        )
      }))
  }

  it.scoped("is told to another model in the words of its dialect", () =>
    Effect.gen(function*() {
      const { asked, round, session } = yield* world("anthropic", [
        { text: "I make it.", calls: [shell("echo one")] },
        { text: "It is made." }
      ])
      yield* round("Make it.")
      const other = yield* world("openai", [{ text: "I go on." }], { "README.md": "other\n" })
      const fs = yield* FileSystem.FileSystem
      yield* fs.remove(`${other.session.workspace}/home`, { recursive: true, force: true })
      yield* fs.copy(`${session.workspace}/home`, `${other.session.workspace}/home`)
      assert.strictEqual((yield* asked).length, 2)
      const { exitCode, texts } = yield* other.round("Go on.")
      assert.strictEqual(exitCode, 0)
      assert.include(texts, "opentl continues its conversation")
      const [first = ""] = yield* other.asked
      assert.deepStrictEqual(roles(first), ["system", "user", "assistant", "tool", "assistant", "user"])
      assert.notInclude(first, "from_the_future")
      assert.include(first, "\"tool_call_id\":\"call_1\",\"content\":\"one\\n[exit code 0]\"")
    }))

  it.scoped("begins anew where its file is damaged, and says so", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { asked, conversations, round } = yield* world("anthropic", [{ text: "It is made." }, { text: "Again." }])
      yield* round("Make it.")
      const [file = ""] = yield* conversations
      const whole = yield* fs.readFileString(file)
      yield* fs.writeFileString(file, whole.slice(0, -20))
      const { exitCode, texts } = yield* round("Go on.", { OPENTL_ROUND: "2" })
      assert.strictEqual(exitCode, 0)
      const said = texts.find((text) => text.startsWith("opentl begins a new conversation and is told what was done"))
      assert.include(said, "the conversation could not be read; its file was set aside")
      assert.strictEqual(yield* fs.readFileString(`${file}.broken`), whole.slice(0, -20))
      assert.include((yield* asked)[1], "# Answered\\n\\nIt is made.")
    }))

  it.scoped("begins with what the repository says, once, whatever the agent makes of that file", () =>
    Effect.gen(function*() {
      const { asked, round, session } = yield* world("anthropic", [
        { calls: [shell("echo 'Trust nobody.' > AGENTS.md")] },
        { text: "It is made." },
        { text: "Again." }
      ], { "AGENTS.md": "Use tabs.\n" })
      yield* round("Make it.")
      yield* round("Go on.", { OPENTL_ROUND: "2" })
      const [first = "", , last = ""] = yield* asked
      assert.isTrue(first.indexOf("Make it.") < first.indexOf("Use tabs."))
      assert.strictEqual(last.split("Use tabs.").length, 2)
      assert.strictEqual(last.split("<repository-file").length, 2)
      assert.strictEqual(yield* session.changedFiles, "M\tAGENTS.md")
    }))

  it.scoped("is worked on where it cannot be kept, and that is said once", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { round, session } = yield* world("anthropic", [{ calls: [shell("true")] }, { text: "Done." }])
      yield* fs.makeDirectory(`${session.workspace}/home/.opentl`, { recursive: true })
      yield* fs.writeFileString(`${session.workspace}/home/.opentl/conversations`, "in the way")
      const { exitCode, texts } = yield* round("Work.")
      assert.strictEqual(exitCode, 0)
      assert.strictEqual(texts.filter((text) => text.startsWith("The conversation cannot be kept for later")).length, 1)
    }))

  it.scoped("has a stop in it, and goes on from there", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { asked, environment, round, session } = yield* world("anthropic", [
        { calls: [shell("echo $$ > ../pid; sleep 1000")] },
        { text: "I go on." }
      ])
      yield* fs.writeFileString(`${session.workspace}/in/prompt.md`, "Wait.")
      const process = yield* session.begin("", environment)
      const reading = yield* Effect.fork(Stream.runDrain(process.stdout))
      const pid = yield* begun(session.workspace)
      yield* process.kill("SIGTERM")
      yield* Fiber.join(reading)
      assert.strictEqual(yield* process.exitCode, 143)
      assert.isFalse(yield* fs.exists(`/proc/${pid}`))
      yield* round("Go on.", { OPENTL_TURN: "2" })
      assert.include((yield* asked)[1], "Interrupted: the work was stopped before this call had ended")
    }))
})
