import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { explain, prepare, restore } from "../../src/cli/CommandLine.ts"

const argument = FastCheck.oneof(
  FastCheck.string(),
  FastCheck.constantFrom("-", "--", "--server", "--json", "run", "- item", "-1", "--x=a b", "-x y")
)

describe("prepare", () => {
  it.prop("loses no argument", [FastCheck.array(argument)], ([args]) => {
    assert.deepStrictEqual([...prepare(args)].map(restore).sort(), [...args].sort())
  })

  it.prop("lets nothing with white space through as an option", [FastCheck.array(argument)], ([args]) => {
    const prepared = prepare(args)
    const end = prepared.indexOf("--")
    for (const given of end < 0 ? prepared : prepared.slice(0, end)) assert.notMatch(given, /^-[^=]*\s/)
  })

  it("moves options behind the command", () => {
    assert.deepStrictEqual(prepare(["--server", "http://x", "list", "--json"]), [
      "list",
      "--server",
      "http://x",
      "--json"
    ])
    assert.deepStrictEqual(prepare(["--version"]), ["--version"])
    assert.deepStrictEqual(prepare(["run", "x", "--", "--y"]), ["run", "x", "--", "--y"])
  })
})

describe("explain", () => {
  it("names the option where the parser does not", () => {
    const error = ValidationError.unclusteredFlag(HelpDoc.empty, [], [])
    assert.strictEqual(explain(error, ["run", "-abc"], ["run"]), "unknown option -abc")
  })
})
