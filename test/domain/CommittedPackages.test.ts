/** Packages that are in a change: what runs from them is not what was installed, and people are told. */
import { assert, describe, it } from "@effect/vitest"
import { isInstallInput } from "../../src/domain/InstallInputs.ts"
import { added } from "../support/Patches.ts"
import { changed, deleted, found } from "../support/Weakening.ts"

const told = "installed packages are in the change: checks may run them in place of the registry's"

describe("an installed package in a change", () => {
  it("is told, wherever a package manager would look for it", () => {
    for (
      const path of [
        "node_modules/.bin/node",
        "packages/a/node_modules/vitest/index.js",
        "node_modules",
        ".venv/bin/pytest",
        ".pnp.cjs"
      ]
    ) {
      assert.deepStrictEqual(found(added(path, "exit 0")), [`${path}: ${told}`], path)
    }
    assert.deepStrictEqual(found(changed("node_modules/a/index.js", ["-a", "+b"])), [
      `node_modules/a/index.js: ${told}`
    ])
  })

  it("is told once, before everything else, however many files it has", () =>
    assert.deepStrictEqual(
      found(added("a/.npmrc", "x"), added("node_modules/a/a.js", "x"), added("node_modules/a/b.js", "x")),
      [`node_modules/a/a.js: ${told} (and 1 more file of them)`, "a/.npmrc: test configuration added"]
    ))

  it("is not told where it goes, or where the name only looks like it", () =>
    assert.deepStrictEqual(
      found(deleted("node_modules/a/a.js", "x"), added("docs/node_modules.md", "x"), added("src/venvs/a.js", "x")),
      []
    ))

  it("has a part in what a cache of dependencies is kept for", () => {
    assert.isTrue(isInstallInput("node_modules/.bin/node"))
    assert.isTrue(isInstallInput("node_modules"))
    assert.isFalse(isInstallInput("src/index.js"))
  })
})
