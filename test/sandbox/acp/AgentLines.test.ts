/** What a person reads of an agent that speaks the protocol. */
import type { SessionUpdate } from "@agentclientprotocol/sdk"
import { assert, describe, it } from "@effect/vitest"
import * as HashMap from "effect/HashMap"
import * as AgentLines from "../../../sandbox/acp/AgentLines.ts"
import type { AgentLine } from "../../../src/domain/AgentLine.ts"
import { isLinear } from "../../support/Growth.ts"

const tellAll = (updates: ReadonlyArray<SessionUpdate>) => {
  let told = AgentLines.nothing("/workspace/repo")
  const lines: Array<AgentLine> = []
  for (const update of updates) {
    const [after, more] = AgentLines.tell(told, update)
    told = after
    lines.push(...more)
  }
  const [after, rest] = AgentLines.end(told)
  return { answer: after.answer, lines: [...lines, ...rest], tools: HashMap.size(after.tools) }
}

const text = (text: string) => ({ type: "text", text }) as const
const say = (words: string): SessionUpdate => ({ sessionUpdate: "agent_message_chunk", content: text(words) })
const think = (words: string): SessionUpdate => ({ sessionUpdate: "agent_thought_chunk", content: text(words) })
const texts = (lines: ReadonlyArray<AgentLine>) => lines.map((line) => line.text)

describe("an agent's words", () => {
  it("are lines, wherever they were cut", () => {
    const { answer, lines } = tellAll([say("First li"), say("ne\nSecond line\n"), say("and the last")])
    assert.deepStrictEqual(texts(lines), ["First line", "Second line", "and the last"])
    assert.isTrue(lines.every(({ kind }) => kind === "message"))
    assert.strictEqual(answer, "First line\nSecond line\nand the last")
  })

  it("end where it thinks, and its thought, told as a whole, where it speaks", () => {
    const { answer, lines } = tellAll([say("I look"), think("hm"), think("\nyes"), say("It is there.")])
    assert.deepStrictEqual(lines.map(({ kind, text }) => [kind, text]), [
      ["message", "I look"],
      ["thought", "hm\nyes"],
      ["message", "It is there."]
    ])
    assert.strictEqual(answer, "I lookIt is there.")
  })

  it("are told once where the model's answer broke off and was told again", () => {
    const { answer, lines } = tellAll([say("The file is ma"), say("The file is made."), say(" All tests pass.")])
    assert.deepStrictEqual(texts(lines), ["The file is made. All tests pass."])
    assert.strictEqual(answer, "The file is made. All tests pass.")
  })

  it("before the last tool call are not the answer", () => {
    const { answer } = tellAll([
      say("I make it."),
      { sessionUpdate: "tool_call", toolCallId: "1", title: "Write a.txt", status: "completed", rawInput: { a: 1 } },
      say("It is made.")
    ])
    assert.strictEqual(answer, "It is made.")
  })
})

it("is told of many updates in as much more time as they are more", () => {
  const work = (size: number) => {
    const updates = Array.from({ length: size }, (_, index): ReadonlyArray<SessionUpdate> => [
      { sessionUpdate: "tool_call", toolCallId: `${index}`, title: "Read a.txt", rawInput: { path: "a.txt" } },
      { sessionUpdate: "tool_call_update", toolCallId: `${index}`, status: "completed" }
    ])
    const words = Array.from({ length: 8 * size }, (_, index) => say(`word ${index}\n`))
    return tellAll([...updates.flat(), ...words])
  }
  assert.isTrue(isLinear(work, 1_000))
})

describe("a tool call", () => {
  it("is told when it begins and when it ends, with the end of what it printed", () => {
    const output = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`).join("\n")
    const { lines, tools } = tellAll([
      { sessionUpdate: "tool_call", toolCallId: "1", title: "npm test", rawInput: { command: "npm test" } },
      { sessionUpdate: "tool_call_update", toolCallId: "1", status: "in_progress" },
      {
        sessionUpdate: "tool_call_update",
        toolCallId: "1",
        status: "failed",
        content: [{ type: "content", content: text(`\`\`\`\n${output}\n\`\`\``) }]
      }
    ])
    assert.deepStrictEqual(texts(lines).slice(0, 4), ["▸ npm test", "✗ npm test", "  … (8 more lines)", "  line 9"])
    assert.strictEqual(lines.at(-1)?.text, "  line 20")
    assert.deepStrictEqual(lines.map(({ status }) => status).slice(0, 2), ["in_progress", "failed"])
    assert.strictEqual(tools, 1)
  })

  it("waits with its beginning until it is known what it does", () => {
    const { lines } = tellAll([
      { sessionUpdate: "tool_call", toolCallId: "1", title: "Terminal", rawInput: {} },
      { sessionUpdate: "tool_call_update", toolCallId: "1", title: "ls -l", rawInput: { command: "ls -l" } },
      { sessionUpdate: "tool_call_update", toolCallId: "1", status: "completed" }
    ])
    assert.deepStrictEqual(texts(lines), ["▸ ls -l", "✓ ls -l"])
  })

  it("is told by its command where its title says no more than that it is one", () => {
    const { lines } = tellAll([
      { sessionUpdate: "tool_call", toolCallId: "1", title: "bash", kind: "execute", rawInput: { cwd: "/x" } },
      { sessionUpdate: "tool_call_update", toolCallId: "1", status: "in_progress", rawInput: { command: "npm test" } },
      { sessionUpdate: "tool_call_update", toolCallId: "1", status: "completed", title: "bash" }
    ])
    assert.deepStrictEqual(texts(lines), ["▸ npm test", "✓ npm test"])
  })

  it("shows what a command printed where the agent gives no content", () => {
    const { lines } = tellAll([
      { sessionUpdate: "tool_call", toolCallId: "1", title: "id -u", rawInput: { command: "id -u" } },
      { sessionUpdate: "tool_call_update", toolCallId: "1", status: "completed", rawOutput: { stdout: "1000\n" } }
    ])
    assert.deepStrictEqual(texts(lines), ["▸ id -u", "✓ id -u", "  1000"])
  })

  it("names the file that it is about, below the repository", () => {
    const { lines } = tellAll([{
      sessionUpdate: "tool_call",
      toolCallId: "1",
      title: "write",
      status: "in_progress",
      rawInput: { path: "x" },
      locations: [{ path: "/workspace/repo/src/a.ts" }]
    }])
    assert.deepStrictEqual(lines, [{
      kind: "tool_call",
      title: "write src/a.ts",
      status: "in_progress",
      locations: ["src/a.ts"],
      text: "▸ write src/a.ts"
    }])
  })

  it("shows a change as path and counts", () => {
    const { lines } = tellAll([{
      sessionUpdate: "tool_call",
      toolCallId: "1",
      title: "Edit a.ts",
      status: "completed",
      content: [{ type: "diff", path: "/workspace/repo/a.ts", oldText: "a\nb\n", newText: "a\nc\nd\n" }]
    }])
    assert.deepStrictEqual(lines.at(-1), { kind: "diff", title: "a.ts", locations: ["a.ts"], text: "a.ts +2 -1" })
  })

  it("ends once, however often the agent says so", () => {
    const end: SessionUpdate = { sessionUpdate: "tool_call_update", toolCallId: "1", status: "completed" }
    const { lines } = tellAll([{ sessionUpdate: "tool_call", toolCallId: "1", title: "x" }, end, end])
    assert.deepStrictEqual(texts(lines), ["✓ x"])
  })
})

describe("a to-do list", () => {
  it("is one line", () => {
    const { lines } = tellAll([{
      sessionUpdate: "plan",
      entries: [
        { content: "Read", status: "completed", priority: "high" },
        { content: "Write", status: "in_progress", priority: "high" },
        { content: "Test", status: "pending", priority: "low" }
      ]
    }])
    assert.deepStrictEqual(lines, [{ kind: "plan", text: "to do: [x] Read · [>] Write · [ ] Test" }])
  })
})
