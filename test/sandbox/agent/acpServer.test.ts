/** The built program speaks the Agent Client Protocol on its standard streams, as an editor starts it. */
import type { SessionUpdate } from "@agentclientprotocol/sdk"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import { SandboxRuntime } from "../SandboxRuntime.ts"
import { world } from "./AcpEditor.ts"
import type { DialectName } from "./ScriptedModel.ts"

const shell = (command: string) => ({ id: "call-1", name: "shell", input: { command } })

/** The kinds of updates in their order, each once in a row. */
const kinds = (updates: ReadonlyArray<SessionUpdate>) =>
  updates.map(({ sessionUpdate }) => sessionUpdate).filter((kind, at, all) => kind !== all[at - 1])

const all = (updates: ReadonlyArray<SessionUpdate>) => JSON.stringify(updates)

layer(SandboxRuntime.layer, { excludeTestServices: true })("the agent for an editor", (it) => {
  const dialects: ReadonlyArray<DialectName> = ["anthropic", "openai"]
  for (const dialect of dialects) {
    it.scoped(`works on a prompt, and tells what it does (${dialect})`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { directory, open, requests } = yield* world(dialect, [
          {
            text: "I look.",
            calls: [
              { id: "t", name: "todo", input: { items: [{ content: "write it", status: "in_progress" }] } },
              shell("echo out; exit 3"),
              { id: "e", name: "edit", input: { action: "create", path: "a.txt", content: "a\n" } }
            ]
          },
          { text: "Done." }
        ])
        const { begin, close, initialized, prompt, updates } = yield* open()
        assert.strictEqual(initialized.protocolVersion, 1)
        assert.deepInclude(initialized.agentCapabilities, { loadSession: true, sessionCapabilities: { resume: {} } })
        const { sessionId } = yield* begin
        assert.deepStrictEqual(yield* prompt(sessionId, "Write a.txt"), { stopReason: "end_turn" })
        assert.strictEqual(yield* fs.readFileString(`${directory}/a.txt`), "a\n")
        assert.deepStrictEqual(kinds(updates), [
          "agent_message_chunk",
          "plan",
          "tool_call",
          "tool_call_update",
          "tool_call",
          "tool_call_update",
          "agent_message_chunk"
        ])
        const calls = updates.flatMap((update) => update.sessionUpdate === "tool_call" ? [update] : [])
        const ends = updates.flatMap((update) =>
          update.sessionUpdate === "tool_call_update" && update.status != null ? [update] : []
        )
        const [command, edit] = calls
        assert.deepInclude(command, { title: "echo out; exit 3", kind: "execute", status: "in_progress" })
        assert.deepInclude(edit, { kind: "edit", locations: [{ path: `${directory}/a.txt` }] })
        assert.deepStrictEqual(ends.map(({ status, toolCallId }) => [toolCallId, status]), [
          [command?.toolCallId, "failed"],
          [edit?.toolCallId, "completed"]
        ])
        assert.deepStrictEqual(ends[1]?.content, [
          { type: "diff", path: `${directory}/a.txt`, oldText: null, newText: "a\n" }
        ])
        assert.include(
          all(updates),
          "\"entries\":[{\"content\":\"write it\",\"priority\":\"medium\",\"status\":\"in_progress\"}]"
        )
        assert.strictEqual(yield* close, 0)
        assert.strictEqual((yield* requests).length, 2)
      }))
  }

  it.scoped("shows a command's output while it runs: as text, or in the editor's terminal", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const command = "echo I wait; until [ -e go ]; do sleep 0.02; done; echo went on"
      const asText = { content: [{ type: "content", content: { type: "text", text: "I wait" } }] }
      for (const capabilities of [{}, { _meta: { terminal_output: true } }]) {
        const { directory, open } = yield* world("anthropic", [{ calls: [shell(command)] }, { text: "Done." }])
        const { begin, heard, prompt, updates } = yield* open({ capabilities })
        const { sessionId } = yield* begin
        const answer = yield* Effect.fork(prompt(sessionId, "Wait."))
        yield* heard
        yield* fs.writeFileString(`${directory}/go`, "")
        assert.deepStrictEqual(yield* answer.await, Exit.succeed({ stopReason: "end_turn" as const }))
        const [call, shown] = updates
        const id = call?.sessionUpdate === "tool_call" ? call.toolCallId : ""
        const inTerminal = { _meta: { terminal_output: { terminal_id: id, data: "I wait\n" } } }
        const output = "_meta" in capabilities ? inTerminal : asText
        assert.deepEqual<unknown>(shown, { sessionUpdate: "tool_call_update", toolCallId: id, ...output })
        assert.include(all(updates), "went on")
      }
    }))

  it.scoped("stops when it is told to, with what it runs, and goes on in the same session", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { directory, open, requests } = yield* world("anthropic", [
        { calls: [shell("echo $$ > pid; echo I wait; exec sleep 1000")] },
        { text: "I go on." }
      ])
      const { begin, cancel, heard, prompt } = yield* open()
      const { sessionId } = yield* begin
      const answer = yield* Effect.fork(prompt(sessionId, "Wait."))
      yield* heard
      const again = yield* Effect.flip(prompt(sessionId, "At the same time."))
      assert.include(String(Predicate.hasProperty(again.error, "message") && again.error.message), "at work")
      yield* cancel(sessionId)
      assert.deepStrictEqual(yield* answer.await, Exit.succeed({ stopReason: "cancelled" as const }))
      assert.isFalse(yield* fs.exists(`/proc/${(yield* fs.readFileString(`${directory}/pid`)).trim()}`))
      assert.deepStrictEqual(yield* prompt(sessionId, "Go on."), { stopReason: "end_turn" })
      const [, second] = yield* requests
      assert.include(JSON.stringify(second?.body.messages), "Interrupted: the work was stopped")
    }))

  it.scoped("takes up a session of an earlier process: load tells it again, resume does not", () =>
    Effect.gen(function*() {
      const { open, requests } = yield* world("openai", [
        { text: "I look.", calls: [shell("echo out")] },
        { text: "Done." },
        { text: "And more." },
        { text: "And again." }
      ])
      const first = yield* open()
      const { sessionId } = yield* first.begin
      yield* first.prompt(sessionId, "Look.")
      yield* first.close
      const second = yield* open()
      yield* second.load(sessionId)
      assert.deepStrictEqual(kinds(second.updates), [
        "user_message_chunk",
        "agent_message_chunk",
        "tool_call",
        "tool_call_update",
        "agent_message_chunk"
      ])
      yield* second.prompt(sessionId, "More.")
      yield* second.close
      const third = yield* open()
      yield* third.resume(sessionId)
      assert.deepStrictEqual(third.updates, [])
      yield* third.prompt(sessionId, "Again.")
      const last = JSON.stringify((yield* requests).at(-1)?.body.messages)
      for (const text of ["Look.", "out\\n[exit code 0]", "Done.", "More.", "And more.", "Again."]) {
        assert.include(last, text)
      }
      for (const id of ["0123456789abcdef", "../../etc/passwd", ""]) {
        const refused = yield* Effect.flip(third.resume(id))
        assert.deepInclude(refused.error, { code: -32002 })
      }
    }))

  it.scoped("asks before it runs or changes anything, and takes no for an answer", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const script = [
        { calls: [shell("touch made"), { id: "2", name: "edit", input: { action: "view", path: "made" } }] },
        { calls: [shell("touch also")] },
        { text: "Done." }
      ]
      for (const [choice, asked, made] of [["no", 2, false], ["once", 2, true], ["always", 1, true]] as const) {
        const { directory, open, requests } = yield* world("anthropic", script)
        const editor = yield* open({ args: [], choice })
        const { modes, sessionId } = yield* editor.begin
        assert.strictEqual(modes?.currentModeId, "ask")
        yield* editor.prompt(sessionId, "Make it.")
        assert.strictEqual(editor.asked.length, asked)
        assert.strictEqual(yield* fs.exists(`${directory}/also`), made)
        const [, second] = yield* requests
        assert.strictEqual(JSON.stringify(second?.body.messages).includes("did not permit this"), !made)
      }
    }))

  it.scoped("says what the model's API said", () =>
    Effect.gen(function*() {
      const { open } = yield* world("anthropic", [{ status: 404, body: { error: { message: "no model-1" } } }])
      const { begin, prompt } = yield* open()
      const { sessionId } = yield* begin
      const refused = yield* Effect.flip(prompt(sessionId, "Work."))
      const message = Predicate.hasProperty(refused.error, "message") ? refused.error.message : ""
      assert.include(message, "The model API refused the request with HTTP 404: no model-1")
    }))
})
