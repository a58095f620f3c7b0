/** The examples of docs/library.md are programs: each is a file of test/library, and type-checks as a user writes it. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import { manifest } from "./Manifest.ts"

const root = process.cwd()
const page = Fs.readFileSync("docs/library.md", "utf8")

/** The page's blocks by the file name in their first line, as a user sees them: `opentl` is the package. */
const shown = new Map(
  Array.from(
    page.matchAll(/^```ts\n\/\/ (\w+\.ts)\n(.*?)^```/gms),
    ([, name = "", text = ""]) => [name, text] as const
  )
)

const kept = new Map(
  Fs.readdirSync("test/library").filter((name) => !name.endsWith(".test.ts")).map((name) => [
    name,
    Fs.readFileSync(`test/library/${name}`, "utf8").replaceAll("\"../../src/index.ts\"", "\"opentl\"")
  ])
)

/** What the compiler says of the blocks, as files of a program beside the package, whose own files `npm run check` checks. */
const problems = (files: ReadonlyMap<string, string>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-library-page-" })
    const config = {
      extends: `${root}/tsconfig.json`,
      compilerOptions: { plugins: [], paths: { opentl: [`${root}/src/index.ts`] } },
      include: ["*.ts"]
    }
    yield* fs.symlink(`${root}/node_modules`, `${directory}/node_modules`)
    yield* fs.writeFileString(`${directory}/package.json`, "{ \"type\": \"module\" }")
    yield* fs.writeFileString(`${directory}/tsconfig.json`, JSON.stringify(config))
    yield* Effect.forEach(files, ([name, text]) => fs.writeFileString(`${directory}/${name}`, text))
    const said = yield* Command.string(
      Command.make(process.execPath, `${root}/scripts/support/problems.mjs`, directory)
    )
    return said.trim().split("\n")
  })

describe("docs/library.md", () => {
  it("shows the examples that are kept in test/library, and has no other code", () => {
    assert.isAbove(shown.size, 5)
    assert.deepStrictEqual(shown, kept)
    const blocks = page.match(/^```(?:ts|typescript|js)\b/gm)
    assert.strictEqual(blocks?.length, shown.size)
  })

  it("names the versions that the package has", () => {
    const named = Array.from(
      page.matchAll(/((?:@effect\/)?[a-z-]+)@(\d+\.\d+\.\d+)/g),
      ([, name = "", version]) => [name, version]
    )
    assert.isAbove(named.length, 1)
    assert.deepStrictEqual(named, named.map(([name = ""]) => [name, manifest.dependencies[name]]))
  })

  it.scopedLive("type-checks", () =>
    Effect.gen(function*() {
      // one that does not, so that this test is known to look
      const wrong = ["Wrong.ts", "import { Session } from \"opentl\"\nexport const id: number = Session\n"] as const
      assert.deepStrictEqual(yield* problems(new Map([...shown, wrong])), [
        "Wrong.ts(2,14): error TS2322: Type 'typeof Session' is not assignable to type 'number'."
      ])
    }).pipe(Effect.provide(NodeContext.layer)))
})
