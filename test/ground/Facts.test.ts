/** The readers of documents see what is wrong. */
import { assert, describe, it } from "@effect/vitest"
import { brokenLinks, installations, namedScripts, shellLines, shownCommands } from "../../scripts/support/facts.mjs"

const shell = (...lines: ReadonlyArray<string>) =>
  ["text", "```sh", ...lines, "```", "npm run not-a-command"].join("\n")

describe("facts", () => {
  it("brokenLinks", () => {
    assert.deepStrictEqual(brokenLinks("README.md", "[a](docs/nowhere.md) [b](docs/security.md)"), ["docs/nowhere.md"])
    assert.deepStrictEqual(
      brokenLinks("README.md", "[a](docs/security.md#nothing) [b](docs/security.md#the-gateway)"),
      [
        "docs/security.md#nothing"
      ]
    )
    assert.deepStrictEqual(brokenLinks("docs/security.md", "[a](README.md) [b](../README.md)"), ["README.md"])
    assert.deepStrictEqual(brokenLinks("README.md", "[a](https://example.com/x)"), [])
  })

  it("shellLines", () =>
    assert.deepStrictEqual(
      shellLines(shell("# a comment", "$ npm test  # the tests", "opentl run \\", "  \"a task\"")),
      ["npm test", "opentl run \"a task\""]
    ))

  it("namedScripts", () =>
    assert.deepStrictEqual(namedScripts(shell("npm run demo -- --real", "npm test", "npm link", "npm run demo")), [
      "demo",
      "test"
    ]))

  it("shownCommands", () =>
    assert.deepStrictEqual(
      shownCommands(
        shell(
          "opentl serve",
          "A=1 npx opentl run \"stop --now opentl\" --repo a/b --detach",
          "opentl sandbox build --base x"
        )
      ),
      [
        { command: "serve", flags: [] },
        { command: "run", flags: ["--repo", "--detach"] },
        { command: "sandbox build", flags: ["--base"] }
      ]
    ))

  it("installations", () => {
    assert.lengthOf(installations("@effect"), 0)
    assert.lengthOf(installations("no-such-package"), 0)
    assert.isAtLeast(installations("semver").length + installations("debug").length, 1)
  })
})
