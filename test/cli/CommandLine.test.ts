import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { spec } from "../../src/cli/AllCommands.ts"
import { prepare, restore } from "../../src/cli/CommandLine.ts"
import { interpret } from "../../src/cli/CommandRequest.ts"
import { SessionNotFound } from "../../src/domain/Session.ts"
import { runCli } from "./Harness.ts"

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

describe("a flag", () => {
  it.effect("takes no word behind it for its value", () =>
    Effect.gen(function*() {
      for (const id of ["1", "0", "true", "no", "4f"]) {
        const asked: Array<string> = []
        const sessions = {
          find: (text: string) => {
            asked.push(text)
            return new SessionNotFound({ id: text })
          }
        }
        yield* runCli(["status", "--json", id], { sessions })
        yield* runCli(["--json", "status", id], { sessions })
        yield* runCli(["status", id, "--json"], { sessions })
        assert.deepStrictEqual(asked, [id, id, id])
      }
    }))
})

describe("options before a subcommand", () => {
  it("keep their values", () => {
    const request = interpret(spec, ["--server", "http://x.test", "sandbox", "prune", "--all"])
    assert.deepStrictEqual(request._tag === "Run" ? request.args : request, [
      "sandbox",
      "prune",
      "--server",
      "http://x.test",
      "--all"
    ])
  })
})
