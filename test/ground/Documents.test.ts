/** What the documents say is so: commands and variables exist, links lead somewhere, each dependency has its reason. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import { brokenLinks, documents, namedScripts, shownCommands } from "../../scripts/support/facts.mjs"
import { openApi } from "../../src/http/Docs.ts"
import { Wire } from "../../src/http/Errors.ts"
import { variables } from "../../src/services/config/ConfigVariables.ts"
import { defaultModels } from "../../src/services/model/DefaultModels.ts"
import { runCli } from "../cli/Harness.ts"
import { manifest } from "./Manifest.ts"

const known = Object.values(variables)

/** The rows of the configuration page: name and default. */
const rows = Array.from(
  Fs.readFileSync("docs/configuration.md", "utf8").matchAll(/^\| `([A-Z_]+)` \| (?:`([^`]*)` )?\| (.*) \|$/gm),
  ([, name = "", value]) => [name, value ?? ""] as const
)

describe("documents", () => {
  for (const [path, text] of documents()) {
    it(`${path}: links lead somewhere`, () => assert.deepStrictEqual(brokenLinks(path, text), []))

    it(`${path}: npm scripts exist`, () => {
      const scripts = Object.keys(manifest.scripts)
      assert.deepStrictEqual(namedScripts(text).filter((name) => !scripts.includes(name)), [])
    })

    it(`${path}: variables exist`, () => {
      const named = Array.from(
        text.matchAll(/\b(?:OPENTL|GITHUB|ANTHROPIC|OPENAI|SLACK|TELEGRAM)_[A-Z][A-Z_]*\b/g),
        ([name]) => name
      )
      // What the sandbox tells an agent, markers, and what the command line or the tests alone read are not in the table.
      const others = [
        "OPENTL_PROMPT_FILE",
        "OPENTL_TEST_IMAGE",
        "OPENTL_AGENT_DIALECT",
        "OPENTL_AGENT_MAX_STEPS",
        "OPENTL_STATUS",
        "OPENTL_ERROR",
        "OPENTL_DONE",
        "OPENTL_ACP",
        "OPENTL_API_TOKEN"
      ]
      const names = [...known.map(({ name }) => name), ...others]
      assert.deepStrictEqual(named.filter((name) => !names.includes(name)), [])
    })
  }

  it("the configuration page has every variable, once, with its default", () =>
    assert.deepStrictEqual(
      new Map(rows),
      new Map(known.map((variable) => [variable.name, variable.default ?? ""]))
    ))

  it("the configuration page has no variable twice", () =>
    assert.strictEqual(new Set(rows.map(([name]) => name)).size, rows.length))

  it("the README's variables have the defaults that it says", () => {
    const readme = Fs.readFileSync("README.md", "utf8")
    const stated = Array.from(readme.matchAll(/^\| `([A-Z_]+)` \| `([^`]*)` \|/gm), ([, name, value]) => [name, value])
    assert.isAbove(stated.length, 3)
    assert.deepStrictEqual(
      stated,
      stated.map(([name]) => [name, known.find((variable) => variable.name === name)?.default])
    )
  })

  it("the configuration page names the default models", () => {
    const page = Fs.readFileSync("docs/configuration.md", "utf8")
    const { google, ...planners } = defaultModels
    const named = [["OPENTL_PLANNER_MODEL", planners], ["OPENTL_AGENT_MODEL", { google, ...planners }]] as const
    for (const [variable, models] of named) {
      const row = page.split("\n").find((line) => line.startsWith(`| \`${variable}\` |`)) ?? ""
      for (const model of Object.values(models)) assert.include(row, `\`${model}\``)
    }
  })

  it("every dependency has its reason", () => {
    const reasons = Fs.readFileSync("docs/dependencies.md", "utf8")
    const all = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)]
    assert.deepStrictEqual(all.filter((name) => !reasons.includes(`\`${name}\``)), [])
  })

  it("the API's page has its routes", () => {
    const page = Fs.readFileSync("docs/http-api.md", "utf8")
    const stated = Array.from(page.matchAll(/^\| `([A-Z]+) (\/[^`]*)` \|/gm), ([, method, path]) => `${method} ${path}`)
    const routes = Object.entries(openApi().paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`)
    )
    assert.sameMembers(stated, routes)
  })

  it("the API's page has its errors", () => {
    const page = Fs.readFileSync("docs/http-api.md", "utf8")
    const stated = Array.from(page.matchAll(/^\| \d{3} \| `([A-Za-z]+)` \|/gm), ([, code]) => code)
    assert.sameMembers(stated, Object.keys(Wire))
  })

  it.effect("the commands that are shown exist, with their flags", () =>
    Effect.gen(function*() {
      const shown = documents().flatMap(([path, text]) => shownCommands(text).map((use) => ({ path, ...use })))
      assert.isAbove(shown.length, 20)
      for (const { command, flags, path } of shown) {
        const { out } = yield* runCli([...command.split(" "), "--help"])
        assert.match(out, new RegExp(`^  opentl ${command}( |$)`, "m"), `in ${path}`)
        for (const flag of flags) assert.include(out, flag, `${path}: opentl ${command}`)
      }
    }))
})
