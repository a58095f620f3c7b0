import { assert, describe, it } from "@effect/vitest"
import { added } from "../support/Patches.ts"
import { changed, found } from "../support/Weakening.ts"

describe("other checks", () => {
  it("are those of a script that is run beside another, of a second block of scripts, and of scripts on one line", () => {
    assert.deepStrictEqual(found(changed("package.json", ["+    \"pretest\": \"echo > a.test.js\","])), [
      "package.json: the script pretest was added: \"echo > a.test.js\""
    ])
    assert.deepStrictEqual(found(changed("package.json", ["+  \"scripts\": {", "+    \"test\": \"true\"", "+  }"])), [
      "package.json: the script test was added: \"true\""
    ])
    const line = (test: string) => `{"name":"x","scripts":{"lint":"l","test":"${test}"}}`
    assert.deepStrictEqual(found(changed("package.json", [`-${line("node a.js")}`, `+${line("true")}`])), [
      "package.json: the script test was changed from \"node a.js\" to \"true\""
    ])
  })

  it("are those of what decides how they are run", () => {
    for (const path of [".npmrc", "a/.npmrc", ".yarnrc.yml", "bunfig.toml", "vite.config.ts", ".cargo/config.toml"]) {
      assert.deepStrictEqual(found(added(path, "x")), [`${path}: test configuration added`])
    }
    assert.deepStrictEqual(found(added("GNUmakefile", "test:")), ["GNUmakefile: a makefile was added"])
  })

  it("are those of a changed script", () => {
    const lines = [
      "   \"scripts\": {",
      "-    \"test\": \"vitest run\",",
      "+    \"test\": \"true\",",
      "-    \"lint\": \"eslint .\",",
      "-    \"typecheck\": \"tsc\",",
      "+    \"typecheck\": \"tsc\"",
      "-    \"start\": \"node a.js\",",
      "+    \"start\": \"node b.js\",",
      "+    \"check\": \"true\""
    ]
    assert.deepStrictEqual(found(changed("packages/a/package.json", lines)), [
      "packages/a/package.json: the script test was changed from \"vitest run\" to \"true\"",
      "packages/a/package.json: the script lint was removed; it was \"eslint .\""
    ])
    const long = found(changed("package.json", [`-"test": "${"a".repeat(300)}"`, `+"test": "${"b".repeat(300)}"`]))
    assert.isBelow(long.join("").length, 250)
  })

  it("are those of a changed configuration", () => {
    for (
      const path of [
        "vitest.config.ts",
        "packages/a/jest.config.integration.js",
        "pytest.ini",
        "tox.ini",
        ".mocharc.json",
        "playwright.config.ts",
        ".opentl/config.yml"
      ]
    ) {
      assert.deepStrictEqual(found(changed(path, ["-a", "+b"])), [`${path}: test configuration changed`])
    }
    assert.deepStrictEqual(found(changed("vite.ts", ["-a"]), changed("src/config.ts", ["+jest.config.js"])), [])
  })

  it("are those of a changed target or table", () => {
    const what = "a target that tests was changed"
    assert.deepStrictEqual(found(changed("Makefile", [" test: build", "-\tgo test ./...", "+\ttrue"])), [
      `Makefile: ${what}`
    ])
    assert.deepStrictEqual(found(changed("Makefile", ["-\tgo test ./..."], {}, "test: build")), [`Makefile: ${what}`])
    assert.deepStrictEqual(
      found(changed("Makefile", [" test:", " \tgo test", " ", " run: build", "-\t./a", "+\t./b"])),
      []
    )
    assert.deepStrictEqual(found(changed("Makefile", ["-TEST := 1", "+\t./b"], {}, "run:")), [])
    assert.deepStrictEqual(
      found(changed("pyproject.toml", [" [tool.pytest.ini_options]", "+addopts = \"--ignore=tests\""])),
      ["pyproject.toml: test configuration changed"]
    )
    assert.deepStrictEqual(found(changed("pyproject.toml", [" [tool.pytest]", " [project]", "+name = \"a\""])), [])
  })
})
