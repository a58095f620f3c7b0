import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { read } from "../../../src/services/git/RepositoryConfigFile.ts"

const file = ".opentl/config.yml"

const wrong = (name: string, text: string, sentence: string) =>
  it.effect(`is not used: ${name}`, () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(read(file, text))).message, `${file} is not used${sentence}`)
    }))

const ignored = (name: string, text: string, sentence: string) =>
  it.effect(`is used, and says what it ignores: ${name}`, () =>
    Effect.gen(function*() {
      const found = yield* read(file, text)
      assert.strictEqual(found.ignored, `${file} has keys that mean nothing and are ignored: ${sentence}`)
    }))

/** Each anchor stands for ten of the one before. */
const bomb = Array.from(
  { length: 12 },
  (_, i) => `a${i}: &a${i} [${Array.from({ length: 10 }, () => i === 0 ? "x" : `*a${i - 1}`).join(", ")}]`
).join("\n")

describe("the file .opentl/config.yml", () => {
  it.effect("is read as YAML", () =>
    Effect.gen(function*() {
      const text = [
        "# comment",
        "verify:",
        "  - npm test",
        "  - name: types",
        "    run: &tsc npx tsc",
        "    timeout_seconds: 60",
        "setup: |",
        "  npm ci",
        "  npm run generate",
        "instructions: *tsc"
      ].join("\r\n")
      assert.deepStrictEqual(yield* read(file, text), {
        config: {
          setup: ["npm ci\nnpm run generate\n"],
          verify: [{ name: "npm test", run: "npm test" }, { name: "types", run: "npx tsc", timeoutSeconds: 60 }],
          instructions: "npx tsc"
        }
      })
    }))

  for (const text of ["", "\n\n", "# nothing but a comment", "---\n", "{}", "verify:\n  # - npm test\n"]) {
    it.effect(`may be empty: ${JSON.stringify(text)}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* read(file, text), { config: {} })
      }))
  }

  wrong("a list", "- npm test", ", because of line 1: it must be keys and values, as in verify: [npm test]")
  wrong("text", "\n\nnpm test", ", because of line 3: it must be keys and values, as in verify: [npm test]")
  wrong(
    "a wrong type",
    "model: x\n\nverify: npm test\n",
    ", because of line 3: verify must be a list of at most 50 commands"
  )
  wrong(
    "a wrong value deep inside",
    "verify:\n  - npm test\n  - run: a\n    timeout_seconds: 0\n",
    ", because of line 4: verify[1].timeout_seconds must be a whole number of seconds from 1 to 86400"
  )
  wrong(
    "a part that is missing",
    "verify:\n  - a\n  - name: b\n",
    ", because of line 3: verify[1].run is missing: it is the shell line"
  )
  wrong("a key that is there twice", "verify: [a]\nverify: [b]\n", ", because of line 2: a key is there twice")
  wrong("tabs", "verify:\n\t- npm test\n", ", because of line 2: it is indented with a tab")
  wrong("two documents", "verify: []\n---\nverify: []\n", ", because of line 2: it has several documents (---)")
  wrong("a key that is no text", "? [a]\n: b\n", ", because of line 1: a key is not a text")
  wrong(
    "a bracket that is not closed",
    "verify: [a\n",
    ", because of line 2: it is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]"
  )
  wrong(
    "an alias of nothing",
    "verify: *x\n",
    ": it is not YAML: Unresolved alias (the anchor must be set before the alias): x"
  )
  wrong("aliases that grow", bomb, ": its aliases stand for too much")
  for (
    const text of [
      "[".repeat(60_000),
      "{".repeat(60_000),
      "[\"]\", ".repeat(9_000),
      "- ".repeat(30_000),
      "? ".repeat(30_000),
      Array.from({ length: 300 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
      `${"- ".repeat(90)}\n${" ".repeat(180)}${"- ".repeat(90)}`
    ]
  ) wrong(`nesting without end, ${text.slice(0, 10)}`, text, ": it nests too deeply")

  it.effect("may have brackets and deep indentation in its texts", () =>
    Effect.gen(function*() {
      const run = Array.from({ length: 100 }, (_, i) => `${" ".repeat(i)}if [[ $a ]]; then { - - ? : "[[["`).join("\n")
      const indented = run.split("\n").map((line) => `      ${line}`).join("\n")
      const { config } = yield* read(
        file,
        `verify:\n  - run: |\n${indented}\nmodel: "${"[".repeat(190)}"\nsetup: '${"{ - ".repeat(200)}'\n`
      )
      assert.deepStrictEqual(config.verify?.map(({ run }) => run), [`${run}\n`])
    }))

  wrong("more than it may have", `verify: []\n${"# comment\n".repeat(100_000)}`, ": it has more than 64 KiB")
  wrong("another encoding", "verify:\n  - echo gr\ufffd\ufffde\n", ", because of line 2: it is not UTF-8")

  ignored("a slip", "verfy: [npm test]\n", "verfy (line 1): did you mean verify?")
  ignored("a key like no other", "model: x\ncolour: red\n", "colour (line 2)")
  ignored(
    "keys in other keys",
    "verify:\n  - run: a\n    timeout: 3\npull_request:\n  label: [a]\n",
    "pull_request.label (line 5): did you mean labels?; verify[0].timeout (line 3): did you mean timeout_seconds?"
  )
  ignored(
    "many keys",
    ["a1", "b1", "c1", "d1", "e1", "f1", "g1"].map((name) => `${name}: 1`).join("\n"),
    "a1 (line 1); b1 (line 2); c1 (line 3); d1 (line 4); e1 (line 5); and 2 more"
  )
  ignored("a name that is made to mislead", "\"a\\nb\\u202e\": 1", "a\\u{a}b\\u{202e} (line 1)")

  it.effect("is used for all its other keys", () =>
    Effect.gen(function*() {
      const { config } = yield* read(file, "verfy: [a]\nmodel: x\n")
      assert.deepStrictEqual(config, { model: "x" })
    }))

  it.effect.prop("is used or is wrong in one line, whatever is in it", [
    FastCheck.array(
      FastCheck.oneof(
        FastCheck.string(),
        FastCheck.constantFrom(
          "verify",
          ": ",
          "\n",
          "  ",
          "- ",
          "[",
          "]",
          "{",
          "}",
          "&a ",
          "*a",
          "|\n",
          "'",
          "\"",
          "? ",
          "!!x ",
          "---\n",
          "\t"
        )
      ),
      { maxLength: 40 }
    ).map((parts) => parts.join(""))
  ], ([text]) =>
    Effect.map(
      Effect.either(read(file, text)),
      Either.match({
        onLeft: ({ message }) => assert.match(message, /^\.opentl\/config\.yml is not used[^\n]+$/),
        onRight: ({ ignored }) => assert.notInclude(ignored ?? "", "\n")
      })
    ))
})
