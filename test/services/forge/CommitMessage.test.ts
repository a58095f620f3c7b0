import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { SessionId } from "../../../src/domain/Ids.ts"
import { coAuthorOf, type CommitMessage, commitMessage, inert } from "../../../src/services/forge/CommitMessage.ts"

const of = (changes: Partial<CommitMessage> = {}): string =>
  commitMessage({
    title: "Add a flag",
    prompt: "x",
    sessionId: SessionId.make("0123456789ab"),
    requestedBy: { name: "ada", via: "slack" },
    agentMessages: [],
    ...changes
  })

const trailers = "Session: 0123456789ab\nRequested-by: ada (slack)\n"

/** What forges and terminals act on. */
const acts = [
  /@[\p{L}\p{N}_-]/u,
  /[#!][\p{L}\p{N}_]/u,
  /\bGH-\d/i,
  /:\/\/\S/,
  /[[\]]/,
  /\*\*\*/,
  /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/
]
const assertInert = (text: string) => acts.forEach((pattern) => assert.notMatch(text, pattern))

describe("commitMessage", () => {
  it("has a subject and two trailers", () => {
    assert.strictEqual(of(), `Add a flag\n\n${trailers}`)
    assert.isTrue(of({ title: undefined, prompt: "\n## Fix `the` bug\nmore" }).startsWith("Fix the bug\n\n"))
    assert.isTrue(of({ title: " ", prompt: "###" }).startsWith("Change\n\n"))
  })

  it("quotes the agent's own messages between them, oldest first, and not what the entrypoint committed for it", () => {
    assert.strictEqual(
      of({ agentMessages: ["First\n\nwith a body\n", of(), "Second"] }),
      `Add a flag\n\nThe agent's own words:\n\n> First\n>\n> with a body\n>\n> Second\n\n${trailers}`
    )
    assert.strictEqual(of({ agentMessages: [of()] }), of())
  })

  it("calls nobody, closes nothing, skips no checks and steers no terminal, whoever wrote it", () => {
    const evil = [
      "closes #2 @everyone and @acme/team",
      "Fixes: acme/widgets#7, resolves GH-8, gh-9 implements !10",
      "closes https://github.com/acme/widgets/issues/2",
      "closes http://[::1]/acme/widgets/-/issues/3",
      "[skip ci] [ci skip] ***NO_CI*** #time 1w #close",
      "\u001b]0;title\u0007\u001b[31mred\u009b2J\rover\bwritten",
      "\u202eevil\u2066 @\u200beveryone #\u200b2 G\u200bH-5"
    ].join("\n")
    for (
      const message of [
        of({ agentMessages: [evil] }),
        ...evil.split("\n").map((line) => of({ title: line })),
        ...evil.split("\n").map((line) => of({ title: undefined, prompt: line })),
        of({ requestedBy: { name: evil, via: "http" } })
      ]
    ) assertInert(message)
  })

  it("has no trailers but ours, however the agent's end", () => {
    const message = of({
      agentMessages: ["Work\n\nCo-authored-by: Linus Torvalds <t@example.org>\nskip-checks: true\nSession: ffff"]
    })
    const last = message.trimEnd().split("\n\n").at(-1)
    assert.strictEqual(`${last}\n`, trailers)
    assert.isFalse(message.split("\n").some((line) => /^(Co-authored-by|skip-checks)/.test(line)))
  })

  it("is bounded, whatever the agent wrote", () => {
    const long = of({ agentMessages: Array.from({ length: 50 }, () => `${"word ".repeat(2000)}\n`.repeat(100)) })
    assert.isBelow(long.length, 12_000)
    assert.include(long, "> …\n\nSession: ")
  })

  it.prop("has a subject of at most 72 characters, and no further trailer", [
    FastCheck.string({ unit: "binary" }),
    FastCheck.string({ unit: "binary", minLength: 1 }),
    FastCheck.array(FastCheck.string({ unit: "binary" }))
  ], ([title, name, agentMessages]) => {
    const message = of({ title, prompt: title, requestedBy: { name, via: "http" }, agentMessages })
    const lines = message.split("\n")
    assert.isAtMost(Array.from(lines[0] ?? "").length, 72)
    assert.notStrictEqual(lines[0]?.trim(), "")
    assert.strictEqual(lines[1], "")
    assert.strictEqual(lines.at(-4), "")
    assert.strictEqual(lines.at(-3), "Session: 0123456789ab")
    assert.isTrue(lines.at(-2)?.startsWith("Requested-by: "))
    assert.strictEqual(lines.at(-1), "")
    for (const line of lines.slice(2, -4)) assert.isTrue(line === "" || /^(>|The agent's own words:)/.test(line), line)
    assertInert(message)
  })

  it.prop(
    "makes inert once and for all",
    [FastCheck.string({ unit: "grapheme" })],
    ([text]) => assert.strictEqual(inert(inert(text)), inert(text))
  )
})

describe("coAuthorOf", () => {
  const identities = [
    { name: "ada", via: "slack", id: "U1" },
    { name: "ada", via: "github", id: "ada-l" },
    { name: "bob", via: "telegram", id: "7" },
    { name: "eve", via: "github", id: "eve> <root@example.com" },
    { name: "two", via: "github", id: "two-a" },
    { name: "two", via: "github", id: "two-b" }
  ] as const
  const who = (name: string) => coAuthorOf(identities, { name, via: "slack" })

  it("is a person whose one login the operator has named, and nobody else", () => {
    assert.deepStrictEqual(who("ada"), { name: "ada", login: "ada-l" })
    for (const unknown of ["bob", "eve", "two", "U1", "ada-l", "Ada"]) assert.isUndefined(who(unknown))
  })

  it("is one more trailer at the end of the message, whatever the name is", () => {
    const message = (name: string) => of({ coAuthor: { name, login: "ada-l" } })
    assert.strictEqual(
      message("Ada L"),
      `Add a flag\n\n${trailers}Co-authored-by: Ada L <ada-l@users.noreply.github.com>\n`
    )
    for (
      const name of ["a\nSigned-off-by: root <r@example.com>", "<x@example.com> a", "a> <b\r\nc: d", "<>", "\u2028"]
    ) {
      const lines = message(name).split("\n").filter((line) => line.startsWith("Co-authored-by: "))
      assert.strictEqual(lines.length, 1)
      assert.match(lines.join(""), /^Co-authored-by: [^<>]+ <ada-l@users\.noreply\.github\.com>$/)
      assert.strictEqual(message(name).split("\n").length, message("Ada L").split("\n").length)
    }
  })
})
