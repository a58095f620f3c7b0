/** A build is made anew when any file changes that it is made of. */
import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as NodePath from "node:path"
import { buildSources, inRoot, root } from "../../scripts/support/project.mjs"

/** Everything that files import by a relative path, and so on. */
const reached = (entries: ReadonlyArray<string>): ReadonlySet<string> => {
  const seen = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    const text = Fs.readFileSync(file, "utf8")
    for (const [, target = ""] of text.matchAll(/(?:from|import\()\s*"(\.[^"]+\.(?:ts|mjs|json))"/g)) {
      visit(NodePath.resolve(NodePath.dirname(file), target))
    }
  }
  entries.forEach(visit)
  return seen
}

describe("the build's sources", () => {
  for (const entry of ["src/main.ts", "scripts/demo/Main.ts", "sandbox/agent/main.ts", "scripts/support/sqlite.mjs"]) {
    it(`has all that ${entry} is bundled from`, () => {
      const known = new Set(buildSources())
      const files = [...reached([inRoot(entry)])]
      assert.deepStrictEqual(
        files.filter((file) => !known.has(file)).map((file) => NodePath.relative(root, file)),
        []
      )
    })
  }

  it("follows imports", () => {
    const files = [...reached([inRoot("scripts/demo/Main.ts")])].map((file) => NodePath.relative(root, file))
    assert.include(files, "test/standins/model/ModelStandIn.ts")
    assert.include(files, "test/support/Loopback.ts")
  })
})
