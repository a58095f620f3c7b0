/** What the entrypoint makes of a round's files, with as few processes as it takes. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { makeSession } from "./SessionWorkspace.ts"
import { questions, watchedPrograms } from "./WatchedPrograms.ts"

const readme = { "README.md": "hello\n" }

const nest = (path: string) =>
  `git init -q ${path}; echo x >${path}/x; git -C ${path} add -A; git -C ${path} commit -qm x; `

layer(SandboxRuntime.layer, { excludeTestServices: true })("a round's result", (it) => {
  it.scoped("of an edit takes eight questions to git", () =>
    Effect.gen(function*() {
      const { begin, env, started } = yield* watchedPrograms(["git"])
      const session = yield* makeSession(readme)
      const { result } = yield* session.round(`${begin}; echo more >>README.md`, { env })
      assert.deepInclude(result, { changed: true })
      assert.deepStrictEqual([...questions(yield* started)].sort(), [
        ...["add", "bundle", "commit", "diff", "ls-files", "rev-parse", "rev-parse", "update-ref"]
      ])
    }))

  it.scoped("of nothing takes no commit and no bundle", () =>
    Effect.gen(function*() {
      const { begin, env, started } = yield* watchedPrograms(["git"])
      const session = yield* makeSession(readme)
      const { result } = yield* session.round(`${begin}; touch README.md`, { env })
      assert.deepInclude(result, { changed: false, head: session.base })
      assert.strictEqual((yield* started).length, 5)
    }))

  it.scoped("is nothing where all that was staged are repositories of their own", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const session = yield* makeSession({ ...readme, "replaced.txt": "x\n" })
      const { exitCode, result } = yield* session.round(
        `${nest("new")} rm replaced.txt; ${nest("replaced.txt")} git add -A 2>/dev/null`
      )
      assert.strictEqual(exitCode, 0)
      assert.deepInclude(result, { changed: false, head: session.base })
      assert.isFalse(yield* fs.exists(`${session.workspace}/out/result.bundle`))
      assert.strictEqual(result?.notes.trimEnd().split("\n").length, 2)
    }))

  it.scoped("is where it belongs, whatever the agent made of its file", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const session = yield* makeSession(readme)
      const elsewhere = `${session.workspace}/elsewhere`
      const linked = yield* session.round(`ln -s ${elsewhere} ../out/result.json; echo one >one`)
      assert.deepInclude(linked.result, { exit_code: 0, changed: true })
      assert.isFalse(yield* fs.exists(elsewhere))
      const directory = yield* session.round("mkdir -p ../out/result.json/x; echo two >two; exit 4")
      assert.deepInclude(directory.result, { exit_code: 4, changed: true })
    }))
})
