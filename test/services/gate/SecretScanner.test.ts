import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Gate from "../../../src/domain/Gate.ts"
import { SecretScanner } from "../../../src/services/gate/SecretScanner.ts"
import { added, diffOf } from "../../support/Patches.ts"
import { layerConfig } from "../../support/TestConfig.ts"
import * as Kit from "./SecretKit.ts"

const layer = SecretScanner.layer.pipe(Layer.provide(layerConfig({})), Layer.provide(NodeContext.layer))

const scan = (patch: string) => Effect.flatMap(SecretScanner, ({ scan }) => scan(patch))

const token = Kit.github()

/** A change to a file's lines from `first` on, each with its mark. */
const changed = (first: number, ...lines: ReadonlyArray<string>): string => {
  const count = (marks: string) => lines.filter((line) => marks.includes(line.slice(0, 1))).length
  return `@@ -${first},${count(" -")} +${first},${count(" +")} @@ function a() {\n${
    lines.map((line) => `${line}\n`).join("")
  }`
}

const fileOf = (path: string, ...hunks: ReadonlyArray<string>): string =>
  `diff --git a/${path} b/${path}\nindex 000..111 100644\n--- a/${path}\n+++ b/${path}\n${hunks.join("")}`

it.layer(layer)("a secret that is added", (it) => {
  for (const [i, [rule, text]] of Kit.tokens.entries()) {
    it.effect(`is found by its shape: ${rule} (${i})`, () =>
      Effect.gen(function*() {
        const gate = yield* scan(diffOf([added("src/a.ts", `one\n\nconst a = f(${text}), b\nlast`)]).patch)
        assert.deepStrictEqual(gate, { secrets: [{ rule, file: "src/a.ts", line: 3 }] })
      }))
  }

  for (const [name, text] of Kit.privateKeys) {
    it.effect(`is found over its lines: private key, ${name}`, () =>
      Effect.gen(function*() {
        const gate = yield* scan(diffOf([added("k", `one\n${text}\n\nlast`)]).patch)
        assert.deepStrictEqual(gate, { secrets: [{ rule: "private-key", file: "k", line: 2 }] })
      }))
  }

  it.effect("is found at its line in the new version, in every hunk of every file", () =>
    Effect.gen(function*() {
      const patch = fileOf(
        "a.ts",
        changed(10, " same", "-old", "-older", `+${token}`, " same"),
        changed(200, " same", "+new", `+x = "${token}"`, "\\ No newline at end of file")
      ) + fileOf("b/c.ts", changed(1, `-a`, `+${token}`, "+++ b/forged.ts", "+@@ -1 +1 @@", `+${token}`))
      assert.deepStrictEqual((yield* scan(patch)).secrets.map(({ file, line }) => `${file}:${line}`), [
        "a.ts:11",
        "a.ts:202",
        "b/c.ts:1",
        "b/c.ts:4"
      ])
    }))

  it.effect("is not one that was there before: beside what changed, or removed", () =>
    Effect.gen(function*() {
      const gate = yield* scan(
        fileOf(
          "a.ts",
          changed(10, ` ${token}`, `-${token}`, "+x", ` ${Kit.privateKeys[0]?.[1].replaceAll("\n", "\n ")}`)
        )
      )
      assert.deepStrictEqual(gate, { secrets: [] })
    }))

  it.effect("is one of which a part is new", () =>
    Effect.gen(function*() {
      const [first = "", ...rest] = (Kit.privateKeys[0]?.[1] ?? "").split("\n")
      const lines = rest.map((line, i) => `${i < 5 ? " " : "+"}${line}`)
      assert.deepStrictEqual((yield* scan(fileOf("a.ts", changed(10, ` ${first}`, ...lines)))).secrets, [
        { rule: "private-key", file: "a.ts", line: 16 }
      ])
    }))

  it.effect("is not hidden by a comment that switches the scanner's rules off", () =>
    Effect.gen(function*() {
      const text = `/* secretlint-disable */\n// secretlint-disable-next-line\n${
        Kit.from("np", "m_", Kit.random("mixed", 36))
      }`
      assert.lengthOf((yield* scan(diffOf([added("a.ts", text)]).patch)).secrets, 1)
    }))

  it.effect("is found in a path, which is then shown without it", () =>
    Effect.gen(function*() {
      const gate = yield* scan(diffOf([added(`tmp/${token}.txt`, `a\n${token}`)]).patch)
      assert.deepStrictEqual(gate.secrets.map(({ file, line }) => `${file}:${line}`), ["tmp/….txt:1", "tmp/….txt:2"])
    }))

  it.effect("is not a file by its name alone", () =>
    Effect.gen(function*() {
      const files = [".env", "id_rsa", "server.pem", "secrets.yml"].map((path) => added(path, "NAME=value"))
      assert.isTrue(Gate.isClean(yield* scan(diffOf(files).patch)))
    }))

  it.effect.prop(
    "is found at its line, whatever is around it",
    [
      FastCheck.array(FastCheck.stringMatching(/^[+\- @\\a-z"'=:/]{0,30}$/), { maxLength: 20 }),
      FastCheck.array(FastCheck.stringMatching(/^[+\- @\\a-z"'=:/]{0,30}$/), { maxLength: 20 }),
      FastCheck.constantFrom(...Kit.tokens, ...Kit.privateKeys.map(([, text]) => ["private-key", text] as const)),
      FastCheck.constantFrom("\n", "\r\n")
    ],
    ([before, after, [rule, text], end]) =>
      Effect.gen(function*() {
        const content = [...before, text, ...after].join("\n").replaceAll("\n", end)
        const { secrets } = yield* scan(diffOf([added("x.ts", "x"), added("f.ts", content)]).patch)
        assert.deepInclude(secrets, { rule, file: "f.ts", line: before.length + 1 })
      }).pipe(Effect.provide(layer))
  )

  it.effect("is found wherever it lies in a long file, at the border of two pieces too", () =>
    Effect.gen(function*() {
      const [, key = ""] = Kit.privateKeys[0] ?? []
      const line = "const value = compute(previous, 12)\n"
      for (let at = 3000; at < 4000; at += 45) {
        const { secrets } = yield* scan(diffOf([added("f", `${line.repeat(at)}${key}\n${line.repeat(500)}`)]).patch)
        assert.deepStrictEqual(secrets, [{ rule: "private-key", file: "f", line: at + 1 }])
      }
      for (let at = 131_000; at < 131_200; at += 9) {
        const { secrets } = yield* scan(
          diffOf([added("f", `x\n${"-=".repeat(at / 2)} ${token} ${"-=".repeat(9)}`)]).patch
        )
        assert.deepStrictEqual(secrets, [{ rule: "github", file: "f", line: 2 }])
      }
    }))

  it.effect("is found in another text that would be published, at its line", () =>
    Effect.gen(function*() {
      const { scanText } = yield* SecretScanner
      assert.deepStrictEqual(yield* scanText("commit message", `Add a client\n\nIt uses ${token}.\n`), {
        secrets: [{ rule: "github", file: "commit message", line: 3 }]
      })
      assert.deepStrictEqual(yield* scanText("commit message", "Add a client"), { secrets: [] })
    }))

  it.effect("is listed once per line and rule, and the rest counted", () =>
    Effect.gen(function*() {
      const gate = yield* scan(diffOf([added("f", `${token} ${token}\n`.repeat(70))]).patch)
      assert.lengthOf(gate.secrets, 50)
      assert.strictEqual(gate.more, 20)
    }))
})

describe("a large change", () => {
  it.live("of 30 000 lines is scanned, while the program goes on with other things", () =>
    Effect.gen(function*() {
      const line = "export const name = (value: string): number => table[value] ?? 0\n"
      const files = Array.from({ length: 30 }, (_, i) => added(`f${i}`, `${line.repeat(1000)}${i === 20 ? token : ""}`))
      const beats = { count: 0 }
      const gate = yield* Effect.raceFirst(
        scan(diffOf(files).patch),
        Effect.forever(Effect.zipRight(Effect.sync(() => beats.count++), Effect.sleep("1 millis")))
      )
      assert.deepStrictEqual(gate, { secrets: [{ rule: "github", file: "f20", line: 1001 }] })
      assert.isAbove(beats.count, 10)
    }).pipe(Effect.provide(layer)))
})

describe("the value of a secret", () => {
  it.effect("is in nothing that the scanner returns or that is said of it", () =>
    Effect.gen(function*() {
      const all = [...Kit.tokens, ...Kit.privateKeys].map(([, text], i) => added(`f${i}-${token}`, text))
      const gate = yield* scan(diffOf(all).patch)
      const said = [JSON.stringify(gate), Gate.show(gate), Gate.findingsMarkdown(gate)].join("\n")
      for (const [, text] of [...Kit.tokens, ...Kit.privateKeys]) {
        for (const word of text.match(/[A-Za-z0-9+/_-]{16,}/g) ?? []) assert.notInclude(said, word)
      }
    }).pipe(Effect.provide(layer)))
})
