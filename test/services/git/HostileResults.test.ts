/** Results that would exhaust the host: each is refused with one sentence, within the limits of the process that reads it. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { CommitId } from "../../../src/domain/Ids.ts"
import { resultLimits } from "../../../src/services/git/ResultLimits.ts"
import * as Git from "../../support/Git.ts"
import { branch, mirrorIn, onFirstTurn, workspace } from "../../support/GitSession.ts"
import * as Hostile from "../../support/HostileBundles.ts"

interface Inside {
  /** The repository in the sandbox. */
  readonly work: string
  readonly start: CommitId
}

/** What becomes of the bundle that an attacker makes, and whether anything of it is left in the mirror. */
const refusalOf = <E, R>(attack: (inside: Inside) => Effect.Effect<string, E, R>) =>
  onFirstTurn(({ commit, dataDir, initialBundle, take }) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const work = yield* workspace(yield* initialBundle)
      const bundle = yield* attack({ work, start: commit })
      const mirror = yield* mirrorIn(dataDir)
      const objects = Git.git(mirror, "count-objects", "-v")
      const before = yield* objects
      const error = yield* Effect.flip(take(bundle))
      assert.strictEqual(yield* objects, before, "nothing of it is taken in")
      assert.deepStrictEqual(yield* Git.git(mirror, "for-each-ref", "refs/opentl"), "")
      const left = (yield* fs.readDirectory(`${dataDir}/mirrors/.tmp`)).length
      assert.strictEqual(left, 1, "the exported bundle's directory alone is left, until its scope closes")
      assert.strictEqual(error._tag, "ResultRefused")
      assert.match(error.message, /^the sandbox's result is refused: [^\n]+$/)
      return error.message.slice("the sandbox's result is refused: ".length)
    })
  )

layer(NodeContext.layer, { excludeTestServices: true })("a sandbox's result is refused", (it) => {
  const refused = <E, R>(
    name: string,
    reason: string,
    attack: (inside: Inside) => Effect.Effect<string, E, R>
  ) => ({ name, reason, test: Effect.map(refusalOf(attack), (said) => assert.include(said, reason)) })

  const overLimit = <E, R>(name: string, reason: string, tree: (work: string) => Effect.Effect<string, E, R>) =>
    refused(
      name,
      reason,
      ({ start, work }) => Effect.flatMap(tree(work), (tree) => Hostile.bundleOf(work, start, tree))
    )

  const files = (work: string, count: number) =>
    Effect.flatMap(
      Hostile.blob(work, ""),
      (object) => Hostile.tree(work, Array.from({ length: count }, (_, i) => Hostile.entry("100644", object, `f${i}`)))
    )

  const cases = [
    overLimit(
      "of trees nested ten wide and seven deep",
      "files and directories",
      (work) => Hostile.nestedTrees(work, 10, 7)
    ),
    overLimit(
      "of trees nested two wide and thirty deep",
      "files and directories",
      (work) => Hostile.nestedTrees(work, 2, 30)
    ),
    overLimit("of very many empty files", "files and directories", (work) => files(work, resultLimits.entries + 10)),
    overLimit(
      "of too many changed files",
      `it changes more than ${resultLimits.changes} files`,
      (work) => files(work, resultLimits.changes + 1)
    ),
    overLimit(
      "of directories that lie very deep",
      "its directories are nested more than 100 deep",
      (work) => Hostile.deepTree(work, 120, "d")
    ),
    overLimit(
      "of directories that lie deeper than a path is long",
      "its directories are nested more than 100 deep",
      (work) => Hostile.deepTree(work, 8_000, "d")
    ),
    overLimit(
      "of a path that Linux does not take",
      "a path in it is longer than 4095 bytes",
      (work) => Hostile.deepTree(work, 20, "d".repeat(250))
    ),
    overLimit(
      "of a name that Linux does not take",
      "a name in it is longer than 255 bytes",
      (work) =>
        Effect.flatMap(files(work, 1), (tree) => Hostile.tree(work, [Hostile.entry("040000", tree, "n".repeat(256))]))
    ),
    overLimit(
      "of a file that nobody reviews",
      "a changed file is larger than 100 MiB",
      (work) =>
        Effect.flatMap(
          Hostile.zeros(work, resultLimits.file + 1),
          (object) => Hostile.tree(work, [Hostile.entry("100644", object, "zeros")])
        )
    ),
    overLimit(
      "of one large file many times",
      "its changed files are larger than 512 MiB in total",
      (work) =>
        Effect.flatMap(
          Hostile.zeros(work, resultLimits.file),
          (object) =>
            Hostile.tree(work, Array.from({ length: 6 }, (_, i) => Hostile.entry("100644", object, `zeros${i}`)))
        )
    ),
    overLimit(
      "of a symbolic link as long as a book",
      "a symbolic link in it has a target of more than",
      (work) =>
        Effect.flatMap(
          Hostile.blob(work, "x".repeat(5_000)),
          (object) => Hostile.tree(work, [Hostile.entry("120000", object, "link")])
        )
    ),
    refused("with a file that is not there", "one of its files is missing", ({ start }) => Hostile.missingFile(start)),
    refused(
      "of very many commits",
      `it has more than ${resultLimits.commits} commits`,
      ({ start, work }) => Hostile.manyCommits(work, start, resultLimits.commits + 1)
    ),
    refused(
      "whose delta unpacks to gigabytes",
      "more than 1024 MiB of memory",
      ({ start }) => Hostile.deltaBomb(start, 512)
    ),
    refused(
      "whose commit unpacks to gigabytes",
      "more than 1024 MiB of memory",
      ({ start }) => Hostile.inflatingCommit(start, 8 * 1024 ** 3)
    ),
    refused(
      "whose pack says that it has billions of objects",
      "at most 500000 are allowed",
      ({ start }) => Hostile.headerOnly(`# v2 git bundle\n${start} refs/heads/${branch}\n\n`, 0xffffffff)
    ),
    refused("whose header names millions of references", "but only", ({ start }) =>
      Hostile.headerOnly(
        `# v2 git bundle\n${start} refs/heads/${branch}\n${`${start} refs/heads/x\n`.repeat(10_000)}`,
        0,
        700 * 1024 ** 2
      )),
    refused(
      "whose header has no end",
      "its bundle's header is longer than 65536 bytes",
      ({ start }) => Hostile.headerOnly(`# v2 git bundle\n${`-${start} words\n`.repeat(10_000)}`, 0, 700 * 1024 ** 2)
    ),
    refused(
      "that wants what we do not have",
      "its bundle wants \"@filter=blob:none\"",
      ({ start }) => Hostile.headerOnly(`# v3 git bundle\n@filter=blob:none\n${start} refs/heads/${branch}\n\n`, 0)
    )
  ]

  for (const { name, test } of cases) it.scoped(name, () => test)
})
