import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import type { LogEvent } from "../../../src/domain/SessionEvent.ts"
import * as OutputRedaction from "../../../src/services/gate/OutputRedaction.ts"
import { SecretScanner } from "../../../src/services/gate/SecretScanner.ts"
import { layerConfig } from "../../support/TestConfig.ts"
import * as Kit from "./SecretKit.ts"

const layer = SecretScanner.layer.pipe(Layer.provide(layerConfig({})), Layer.provide(NodeContext.layer))

const output = (text: string, line: number): LogEvent => ({
  _tag: "OutputWritten",
  v: 1,
  turn: 1,
  round: 1,
  line,
  text
})

/** What is stored of lines that come in pieces of so many. */
const stored = Effect.fnUntraced(function*(lines: ReadonlyArray<string>, perPiece = lines.length) {
  const { events } = yield* Effect.flatMap(OutputRedaction.make, ({ forRun }) => forRun)
  const shown: Array<LogEvent> = []
  let state = OutputRedaction.start
  for (let at = 0; at < lines.length; at += perPiece) {
    const [next, some] = yield* events(state, lines.slice(at, at + perPiece).map((line, i) => output(line, at + i + 1)))
    state = next
    shown.push(...some)
  }
  return shown.map(({ text }) => text)
})

const token = Kit.github()

it.layer(layer)("a secret that an agent prints", (it) => {
  for (const [i, [rule, text]] of Kit.tokens.entries()) {
    it.effect(`is left out of its line: ${rule} (${i})`, () =>
      Effect.gen(function*() {
        const [line = ""] = yield* stored([`env has ${text}, it says`])
        const { scanText } = yield* SecretScanner
        assert.deepStrictEqual((yield* scanText("a line", line)).secrets, [])
        assert.match(line, /^env has .*\[left out: .* it says$/)
        for (const word of text.match(/[A-Za-z0-9]{30,}/g) ?? []) assert.notInclude(line, word)
      }))
  }

  it.effect("leaves the rest of its line, and every other line", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* stored(["one", `a ${token} b ${Kit.github("2")} c`, "three"]), [
        "one",
        "a [left out: github] b [left out: github] c",
        "three"
      ])
    }))

  it.effect("is found though it has colours, links or unseen characters in it", () =>
    Effect.gen(function*() {
      const [start, end] = [token.slice(0, 12), token.slice(12)]
      const lines = [
        `\u001b[1;31m${start}\u001b[m${end}`,
        [...token].map((char) => `\u001b[32m${char}\u001b[0m`).join(""),
        `\u009b31m${start}\u009b0m${end}`,
        `\u001b]8;;https://x\u001b\\${start}\u001b]8;;\u0007${end}`,
        ...["\u200b", "\u00ad", "\u2060", "\u0000", "\ufeff"].map((unseen) => `${start}${unseen}${end}`)
      ]
      for (const line of lines) {
        assert.deepStrictEqual(yield* stored([`a ${line} b`]), ["a [left out: github] b"], JSON.stringify(line))
        assert.notInclude((yield* stored([`a ${start}\u001b[0m`, `\u001b[32m${end}`], 1)).join(""), end)
      }
      for (const hidden of [`\u001b]0;${token}\u0007`, `\u001b[${token}`, `\u001b_${token}\u001b\\`]) {
        assert.notInclude((yield* stored([`a ${hidden} b`])).join(""), token.slice(4), JSON.stringify(hidden))
      }
      assert.deepStrictEqual(yield* stored(["\u001b[32mok\u001b[0m", "x"]), ["\u001b[32mok\u001b[0m", "x"])
    }))

  for (const cut of [2, 4, 12, 25, 32]) {
    for (const margin of ["", "    ", "│ "]) {
      it.effect(`is left out where it goes on in the next line, after ${cut} characters and "${margin}"`, () =>
        Effect.gen(function*() {
          for (const perPiece of [1, 3]) {
            const lines = ["the token is", `${margin}${token.slice(0, cut)}`, `${margin}${token.slice(cut)} said it`]
            const shown = yield* stored(lines, perPiece)
            const joined = shown.join("").replace(/[\s│]/g, "")
            assert.strictEqual(shown.length, 3)
            assert.notInclude(joined, token.slice(cut))
            if (cut >= 12) assert.notInclude(joined, token.slice(0, cut))
            assert.match(shown[2] ?? "", / said it$/)
          }
        }))
    }
  }

  it.effect("is left out of three lines", () =>
    Effect.gen(function*() {
      const long = Kit.from("sk-", "ant-api03-", Kit.random("mixed", 93), "AA")
      const shown = yield* stored([long.slice(0, 40), long.slice(40, 80), long.slice(80), "and on"])
      assert.deepStrictEqual(shown.at(-1), "and on")
      for (const at of [10, 45, 85]) assert.notInclude(shown.join("\n"), long.slice(at, at + 15))
    }))

  it.effect("is not what stands for one, with what is below it", () =>
    Effect.gen(function*() {
      const lines = [
        Kit.from("KEY=sk-", "ant-..."),
        "v1.22.3-alpha2",
        Kit.from("a gh", "p_ token"),
        "OPENTL_MAX_SESSIONS=2"
      ]
      assert.deepStrictEqual(yield* stored(lines), lines)
    }))

  it.effect("does not take the word below it with it", () =>
    Effect.map(stored([token, "Done"], 1), (shown) => {
      assert.deepStrictEqual(shown, ["[left out: github]", "Done"])
    }))

  for (const [name, key] of Kit.privateKeys) {
    it.effect(`is left out line for line: private key, ${name}`, () =>
      Effect.gen(function*() {
        const lines = ["before", ...key.split("\n"), "after that"]
        for (const perPiece of [1, 5, lines.length]) {
          const shown = yield* stored(lines, perPiece)
          assert.strictEqual(shown.length, lines.length)
          assert.deepStrictEqual([shown[0], shown.at(-1)], ["before", "after that"])
          for (const word of key.match(/[A-Za-z0-9+/=]{16,}/g) ?? []) assert.notInclude(shown.join("\n"), word)
        }
      }))
  }

  for (
    const [what, around] of [["numbered", (line: string, i: number) => `${i + 1}\t${line}`], [
      "quoted",
      (line: string) => `  > ${line}`
    ]] as const
  ) {
    it.effect(`is left out of ${what} lines, with its end missing`, () =>
      Effect.gen(function*() {
        const key = (Kit.privateKeys[0]?.[1] ?? "").split("\n").slice(0, -1)
        const shown = yield* stored([...key.map(around), "That was the file.", "abcdefghijklmnopqrst"], 1)
        assert.deepStrictEqual(shown.slice(-2), ["That was the file.", "abcdefghijklmnopqrst"])
        for (const word of key.slice(1)) assert.notInclude(shown.join("\n"), word)
      }))
  }

  it.effect("is left out of a tool call's title and places", () =>
    Effect.gen(function*() {
      const { events } = yield* Effect.flatMap(OutputRedaction.make, ({ forRun }) => forRun)
      const acp = { kind: "tool_call", title: `curl -u ${token}`, locations: [`src/${token}`, "src/a.ts"] } as const
      const [, [event]] = yield* events(OutputRedaction.start, [{ ...output("run", 1), _tag: "OutputWritten", acp }])
      assert.deepInclude(event, {
        acp: {
          kind: "tool_call",
          title: "curl -u [left out: github]",
          locations: ["src/[left out: github]", "src/a.ts"]
        }
      })
    }))
})

describe("what an agent prints", () => {
  const word = FastCheck.constantFrom(
    "://",
    "@",
    "sk-",
    "npm_",
    "PRIVATE KEY",
    "_auth =",
    "hf_a",
    "\t",
    "é",
    "日",
    "#",
    "x",
    " "
  )
  const line = FastCheck.oneof(FastCheck.string(), FastCheck.array(word).map((words) => words.join("")))
  /** Beginnings of tokens with as much after them as may be one that was cut off, over the ends of lines. */
  const mayBeCut = (lines: ReadonlyArray<string>): boolean =>
    /(?:sk-|npm_|hf_)[\w+/.-]{8}/.test(lines.join("").replace(/[\s>|│\\]/g, ""))

  it.effect.prop(
    "without a secret is as it was, byte for byte, however it comes",
    [
      FastCheck.array(line.map((text) => text.replaceAll("\n", " ")), { minLength: 1, maxLength: 8 })
        .filter((lines) => !mayBeCut(lines)),
      FastCheck.integer({ min: 1, max: 8 })
    ],
    ([lines, perPiece]) =>
      Effect.map(stored(lines, perPiece), (shown) => {
        assert.deepStrictEqual(shown, lines)
      }).pipe(Effect.provide(layer)),
    { fastCheck: { numRuns: 60 } }
  )

  it.effect.prop(
    "reads the same in whatever pieces it comes, and has as many lines",
    [
      FastCheck.array(
        FastCheck.oneof(
          FastCheck.constantFrom(
            token,
            token.slice(0, 20),
            token.slice(20),
            ...(Kit.privateKeys[0]?.[1] ?? "").split("\n")
          ),
          FastCheck.string().map((text) => text.replaceAll("\n", " "))
        ),
        { minLength: 1, maxLength: 12 }
      ),
      FastCheck.integer({ min: 1, max: 5 })
    ],
    ([lines, perPiece]) =>
      Effect.gen(function*() {
        const whole = yield* stored(lines)
        assert.strictEqual(whole.length, lines.length)
        assert.deepStrictEqual(yield* stored(lines, perPiece), whole)
      }).pipe(Effect.provide(layer)),
    { fastCheck: { numRuns: 60 } }
  )
})
