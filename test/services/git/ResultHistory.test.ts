/** The agent's own commits: how many there may be, where they continue from, and what is read of them. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { CommitId } from "../../../src/domain/Ids.ts"
import * as Git from "../../support/Git.ts"
import { branch, onFirstTurn, packed, sandbox, workspace } from "../../support/GitSession.ts"

/** Puts so many commits on the branch, each with its number as message, on top of one or of nothing; the first at that time. */
const commits = (work: string, count: number, from?: string, since = 0) =>
  Git.feed(
    work,
    Array.from({ length: count }, (_, i) => {
      const message = `Step ${i + 1}`
      const parent = i === 0 && from !== undefined ? `from ${from}\n` : ""
      const file = `M 100644 inline ${i + 1}.txt\ndata 2\nx\n`
      return `commit refs/heads/${branch}\ncommitter A <a@example.org> ${
        since + i
      } +0000\ndata ${message.length}\n${message}\n${parent}${file}\n`
    }).join(""),
    "fast-import",
    "--quiet",
    "--force"
  )

/** What becomes of the branch when it is taken in: the messages that were read, and the commit or what is wrong. */
const taken = (make: (work: string, start: CommitId) => Effect.Effect<unknown, never, NodeContext.NodeContext>) =>
  onFirstTurn(({ commit, initialBundle, repo, repositories, take }) =>
    Effect.gen(function*() {
      const work = yield* workspace(yield* initialBundle)
      yield* make(work, commit)
      let messages: ReadonlyArray<string> = []
      const message = (all: ReadonlyArray<string>) => Effect.sync(() => (messages = all, "Ours\n"))
      const result = yield* Effect.either(take(yield* packed(work, commit), { message }))
      const files = result._tag === "Left" ? 0 : (yield* repositories.diff(repo, commit, result.right)).files
      return { files, messages, refusal: result._tag === "Left" ? result.left.message : "" }
    })
  )

layer(NodeContext.layer, { excludeTestServices: true })("the agent's commits", (it) => {
  for (const count of [1, 49, 50, 51, 120]) {
    it.scoped(`are told by the newest messages, oldest first, where there are ${count}`, () =>
      Effect.gen(function*() {
        const { files, messages } = yield* taken((work, start) => commits(work, count, start))
        const first = Math.max(1, count - 49)
        assert.deepStrictEqual(messages, Array.from({ length: count - first + 1 }, (_, i) => `Step ${first + i}`))
        assert.strictEqual(files, count)
      }))

    it.scoped(`are refused where they continue from nothing, ${count} of them`, () =>
      Effect.gen(function*() {
        for (const time of [0, 4_000_000_000]) {
          const { refusal } = yield* taken((work) => commits(work, count, undefined, time))
          assert.include(refusal, "its branch does not continue from")
        }
      }))
  }

  it.scoped("are all counted where the first messages are longer than what is read", () =>
    Effect.gen(function*() {
      const { files, messages } = yield* taken((work, start) =>
        Effect.gen(function*() {
          yield* commits(work, 3, start)
          yield* Git.git(work, "checkout", "--quiet", "--force", branch)
          yield* Git.commit(work, { "last.txt": "x\n" }, "y".repeat(100_000))
        })
      )
      assert.strictEqual(files, 4)
      assert.deepStrictEqual(messages.map(({ length }) => length), [65_535])
    }))

  it.scoped("are none where the branch is a file", () =>
    onFirstTurn(({ initialBundle, take }) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { out, tip, work } = yield* sandbox(yield* initialBundle, { "a.txt": "a\n" })
        const file = yield* Git.git(work, "rev-parse", "HEAD:a.txt")
        const bundle = Buffer.from(yield* fs.readFile(out)).toString("latin1")
        yield* fs.writeFile(out, Buffer.from(bundle.replace(`${tip} refs`, `${file} refs`), "latin1"))
        const error = yield* Effect.flip(take(out))
        assert.strictEqual(error.message, `the sandbox's result is refused: ${branch} is not a commit in it`)
      })
    ))

  it.scoped("may be merged with what the start does not have", () =>
    Effect.gen(function*() {
      const { messages, refusal } = yield* taken((work, start) =>
        Effect.gen(function*() {
          const tree = yield* Git.git(work, "rev-parse", `${yield* Git.commit(work, { "a.txt": "a\n" })}^{tree}`)
          const other = yield* Git.git(work, "commit-tree", tree, "-m", "other")
          const merged = yield* Git.git(work, "commit-tree", tree, "-p", other, "-p", start, "-m", "merged")
          yield* Git.git(work, "update-ref", `refs/heads/${branch}`, merged)
        })
      )
      assert.strictEqual(refusal, "")
      assert.sameMembers([...messages], ["other", "merged"])
    }))
})
