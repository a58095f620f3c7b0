import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Gate from "../../../src/domain/Gate.ts"
import type { AppConfigShape } from "../../../src/services/config/AppConfig.ts"
import { SecretScanner } from "../../../src/services/gate/SecretScanner.ts"
import { feed, git, temporary } from "../../support/Git.ts"
import { added, binary, diffOf } from "../../support/Patches.ts"
import { layerConfig, testConfig } from "../../support/TestConfig.ts"
import * as Kit from "./SecretKit.ts"

const layerOf = (config: Partial<AppConfigShape>) =>
  SecretScanner.layer.pipe(Layer.provide(layerConfig(config)), Layer.provide(NodeContext.layer))

const scan = (...args: Parameters<SecretScanner["Type"]["scan"]>) =>
  Effect.flatMap(SecretScanner, ({ scan }) => scan(...args))

const token = Kit.github()

/** The diff that git makes of new files with these contents. */
const diffOfFiles = (files: Readonly<Record<string, Uint8Array>>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* temporary
    yield* git(directory, "init", "--quiet")
    yield* Effect.forEach(Object.entries(files), ([name, content]) => fs.writeFile(`${directory}/${name}`, content))
    yield* git(directory, "add", "--all")
    return `${yield* feed(directory, "", "diff", "--cached", "--binary", "--full-index")}\n\n`
  })

const bytes = (text: string) => new TextEncoder().encode(text)
const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7919 + (i >> 3) * 104_729) % 256)

describe("a binary file", () => {
  it.scoped("is scanned where the patch contains it: text with a NUL or in UTF-16 is binary to git", () =>
    Effect.gen(function*() {
      const patch = yield* diffOfFiles({
        "nul.env": bytes(`\0\nGITHUB_TOKEN=${token}\n`),
        "utf16.ps1": Uint8Array.from(Buffer.from(`\ufeffset X=${token}\r\n`, "utf16le")),
        "cache.db": Uint8Array.from([...noise(5000), 0, ...bytes(token), 0, ...noise(3000)]),
        "logo.png": Uint8Array.from([0, ...noise(100_000)])
      })
      const gate = yield* scan(patch)
      assert.deepStrictEqual(gate, {
        secrets: ["cache.db", "nul.env", "utf16.ps1"].map((file) => ({ rule: "github", file, line: 1 }))
      })
    }).pipe(Effect.provide(layerOf({})), Effect.provide(NodeContext.layer)))

  it.effect("is reported as not scanned where the patch has only its difference, or it is too large", () =>
    Effect.gen(function*() {
      const delta = binary("b.bin", 7).text.replace("literal 7", "delta 7")
      const differ = "diff --git a/c.bin b/c.bin\nindex 000..111 100644\nBinary files a/c.bin and b/c.bin differ\n"
      const gate = yield* scan(`${binary("a.bin", 5_000_000).text}${delta}${differ}`)
      assert.deepStrictEqual(gate, { secrets: [], unscanned: ["a.bin: binary", "b.bin: binary", "c.bin: binary"] })
      assert.isTrue(Gate.isClean(gate))
    }).pipe(Effect.provide(layerOf({}))))
})

describe("a patch that was cut", () => {
  const note = "# The diff is longer than 20 bytes and ends here.\n"

  it.effect("is scanned as far as it goes, and the rest is reported", () =>
    Effect.gen(function*() {
      const { changed, patch } = diffOf([added("a", token), added("b", "x"), added("c", "x")])
      const whole = patch.slice(0, patch.indexOf("diff --git a/b"))
      assert.deepStrictEqual(yield* scan(`${whole}${note}`, changed), {
        secrets: [{ rule: "github", file: "a", line: 1 }],
        unscanned: ["b: the diff is too long", "c: the diff is too long"]
      })
      assert.deepStrictEqual((yield* scan(`${whole}${note}`)).unscanned, ["the end of the diff: it is too long"])
    }).pipe(Effect.provide(layerOf({}))))

  it.effect("in a file: that file only in part", () =>
    Effect.gen(function*() {
      const { changed, patch } = diffOf([added("a", `${token}\n${"x\n".repeat(50)}`)])
      assert.deepStrictEqual(yield* scan(`${patch.slice(0, -20)}\n${note}`, changed), {
        secrets: [{ rule: "github", file: "a", line: 1 }],
        unscanned: ["a: only in part, it is too long", "the end of the diff: it is too long"]
      })
    }).pipe(Effect.provide(layerOf({}))))

  it.effect("names the files that it lacks without the secrets in their names", () =>
    Effect.gen(function*() {
      const { changed } = diffOf([added(`${token}.txt`, "x")])
      assert.deepStrictEqual((yield* scan("", changed)).unscanned, ["….txt: the diff is too long"])
    }).pipe(Effect.provide(layerOf({}))))
})

describe("the server's own secrets", () => {
  const secret = (name: string) => Redacted.make(`own-${name}-value`)
  const some = (name: string) => Option.some(secret(name))
  const config: Partial<AppConfigShape> = {
    github: { ...testConfig.github, token: some("github"), webhookSecret: some("webhook") },
    anthropic: { ...testConfig.anthropic, apiKey: some("anthropic") },
    openai: { ...testConfig.openai, apiKey: some("openai") },
    google: { ...testConfig.google, apiKey: some("google") },
    slack: { ...testConfig.slack, botToken: some("bot"), appToken: some("app") },
    telegram: { ...testConfig.telegram, botToken: some("telegram") },
    apiTokens: Option.some([{ name: "ci", token: secret("ci") }, { name: "b", token: Redacted.make("short") }])
  }
  const names = ["github", "webhook", "anthropic", "openai", "google", "bot", "app", "telegram", "ci"]

  it.effect("are found whatever their shape, each of them", () =>
    Effect.gen(function*() {
      const content = names.map((name) => `x = "${Redacted.value(secret(name))}"`).join("\n")
      const gate = yield* scan(diffOf([added("a", `${content}\na short word`)]).patch)
      assert.deepStrictEqual(gate.secrets, names.map((_, i) => ({ rule: "opentl-own-secret", file: "a", line: i + 1 })))
      assert.notInclude(JSON.stringify(gate) + Gate.show(gate) + Gate.findingsMarkdown(gate), "-value")
    }).pipe(Effect.provide(layerOf(config))))

  it.scoped("are also the token that it made for this machine", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const dataDir = yield* temporary
      yield* fs.writeFileString(`${dataDir}/token`, "made-by-the-server\n")
      const { patch } = diffOf([added("a", "curl -H 'Authorization: Bearer made-by-the-server'")])
      const gate = yield* Effect.provide(scan(patch), layerOf({ dataDir }))
      assert.deepStrictEqual(gate.secrets, [{ rule: "opentl-own-secret", file: "a", line: 1 }])
    }).pipe(Effect.provide(NodeContext.layer)))
})
