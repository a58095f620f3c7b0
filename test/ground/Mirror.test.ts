/** `test` mirrors what it tests: a test stands in the folder of its subject. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"

/** What has no counterpart below `src` or `sandbox`: what tests import, and tests of the whole and of the benchmark. */
const ownRooms = ["bench", "fakes", "ground", "integration", "library", "standins", "support"]

interface File {
  readonly folder: string
  readonly name: string
}

const split = (path: string): File => {
  const end = path.lastIndexOf("/")
  return { folder: path.slice(0, Math.max(end, 0)), name: path.slice(end + 1) }
}

/** The files of a folder whose names end so, without that end. */
const filesIn = (folder: string, ending: string) =>
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(folder, { recursive: true })),
    (paths) => paths.filter((path) => path.endsWith(ending)).map((path) => split(path.slice(0, -ending.length)))
  )

const subjects = Effect.map(
  Effect.all([filesIn("src", ".ts"), filesIn("sandbox", ".ts")]),
  ([src, sandbox]) => [
    ...src,
    ...sandbox.map(({ folder, name }) => ({ folder: folder === "" ? "sandbox" : `sandbox/${folder}`, name }))
  ]
)

const tests = Effect.map(
  filesIn("test", ".test.ts"),
  (files) => files.filter(({ folder }) => !ownRooms.includes(folder.split("/")[0] ?? ""))
)

layer(NodeContext.layer)("a test", (it) => {
  it.effect("stands in a folder that its subject has, too", () =>
    Effect.gen(function*() {
      const folders = new Set((yield* subjects).map(({ folder }) => folder))
      assert.deepStrictEqual((yield* tests).filter(({ folder }) => !folders.has(folder)), [])
    }))

  it.effect("that has the name of a file stands in that file's folder", () =>
    Effect.gen(function*() {
      const files = yield* subjects
      const astray = (yield* tests).filter(({ folder, name }) => {
        const namesakes = files.filter((file) => file.name === name)
        return namesakes.length > 0 && !namesakes.some((file) => file.folder === folder)
      })
      assert.deepStrictEqual(astray, [])
    }))
})
