import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as ModelNames from "../../../src/services/model/ModelNames.ts"

const listed = ["o1", "gpt-5", "gpt-5.1", "claude-opus-4", "claude-opus-4-5", "claude-sonnet-5", "anthropic/x-1"]
const list = new Map(listed.map((name) => [ModelNames.normal(name), name]))
const find = (name: string) => ModelNames.find(list, name)

const name = FastCheck.constantFrom(...listed)
const year = FastCheck.integer({ min: 2000, max: 2099 })
const two = (max: number) => FastCheck.integer({ min: 1, max }).map((n) => String(n).padStart(2, "0"))
const date = FastCheck.tuple(year, two(12), two(28), FastCheck.constantFrom("", "-")).map(([y, m, d, dash]) =>
  [y, m, d].join(dash)
)

describe("ModelNames", () => {
  it.prop("a name fits itself, in any case and behind its provider's name", [
    name,
    FastCheck.constantFrom("", "openai/", "Anthropic/", "openrouter/openai/"),
    FastCheck.boolean()
  ], ([name, prefix, isUpper]) => assert.strictEqual(find(prefix + (isUpper ? name.toUpperCase() : name)), name))

  it.prop("a dated or newest snapshot is its model", [
    name,
    FastCheck.constantFrom("-", "@"),
    FastCheck.oneof(date, FastCheck.constantFrom("latest", "default"))
  ], ([name, sign, suffix]) => assert.strictEqual(find(name + sign + suffix), name))

  it.prop("anything else after a name makes it another model", [name, FastCheck.string({ minLength: 1 })], (
    [name, rest]
  ) => {
    const other = `${name}${rest}`.trim().toLowerCase()
    FastCheck.pre(!/[-@](20\d{6}|20\d\d-\d\d-\d\d|latest|default)$/.test(other) && !list.has(ModelNames.normal(other)))
    assert.strictEqual(find(other), undefined)
  })

  it("knows models of one family apart", () => {
    for (
      const other of ["o1-pro", "o1-mini", "o10", "gpt-5-pro", "gpt-5.1-codex", "gpt-5.11", "claude-opus-4-6"]
        .concat("claude-opus-4.5.1", "claude-sonnet-5-5", "claude-sonnet-5-5-20261001", "gpt", "", "-latest", "/")
    ) assert.strictEqual(find(other), undefined, other)
  })

  it("takes no stranger's prefix off", () => {
    for (const other of ["someone/gpt-5", "openai/someone/gpt-5", "gpt-5/o1", "openai-o1"]) {
      assert.strictEqual(find(other), undefined, other)
    }
  })

  it("reads a version with a dot or a dash", () => {
    assert.deepStrictEqual(["gpt-5-1", "claude-opus-4.5"].map(find), ["gpt-5.1", "claude-opus-4-5"])
  })
})
