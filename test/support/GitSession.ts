/** A session's turns on real git: what the server asks of its repositories, and what an agent in a sandbox does. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type BranchName, branchOf, type CommitId, SessionId } from "../../src/domain/Ids.ts"
import type { Repository } from "../../src/domain/Repository.ts"
import { Repositories, type ResultCommit, type SessionBranch } from "../../src/services/git/Repositories.ts"
import * as Git from "./Git.ts"

export const session = SessionId.make("0123456789ab")
export const branch = branchOf(session)

/** A session that has not been anywhere yet. */
export const firstTurn = (wantedBase?: BranchName): SessionBranch => ({
  branch,
  wantedBase,
  origin: undefined,
  remoteTip: undefined
})

/** What a turn that started from that commit makes of its result. */
export const resultOf = (start: CommitId, changes: Partial<ResultCommit> = {}): ResultCommit => ({
  session,
  branch,
  start,
  date: DateTime.unsafeMake("2026-01-02T03:04:05Z"),
  author: { name: "OpenTL", email: "opentl@example.org" },
  message: (messages) => Effect.succeed(["Do the task", ...messages].join("\n\n") + "\n"),
  ...changes
})

/** A user's repository, and a data directory. */
export const setupOn = (repository: ReturnType<typeof Git.repository>) =>
  Effect.gen(function*() {
    const origin = yield* repository
    const dataDir = yield* Git.temporary
    return { origin, dataDir, repo: Git.local(origin) }
  })

export const setup = setupOn(Git.repository({ "README.md": "# Hello\n", "src/a.ts": "export const a = 1\n" }))

export const withRepositories = <A, E, R>(
  dataDir: string,
  f: (repositories: Repositories["Type"]) => Effect.Effect<A, E, R>
) => Effect.flatMap(Repositories, f).pipe(Effect.provide(Git.layer({ dataDir })))

/** The bundle that a workspace which has nothing yet gets. */
export const exported = (repositories: Repositories["Type"], repo: Repository, start: CommitId) =>
  Effect.map(
    repositories.exportBundle(repo, branch, { start, known: undefined, isShared: false, work: undefined }),
    Option.getOrThrow
  )

type Place = Effect.Effect.Success<typeof setup>

/** A session whose first turn is prepared. */
export interface FirstTurn extends Place {
  readonly repositories: Repositories["Type"]
  /** Where the turn starts. */
  readonly commit: CommitId
  /** Exports what a workspace that has nothing yet gets. */
  readonly initialBundle: ReturnType<typeof exported>
  /** Takes in what a sandbox made of it. */
  readonly take: (
    bundle: string,
    changes?: Partial<ResultCommit>
  ) => ReturnType<Repositories["Type"]["importBundle"]>
}

/** Runs a test on a session whose first turn is prepared, in the usual repository or another. */
export const onFirstTurn = <A, E, R>(
  test: (turn: FirstTurn) => Effect.Effect<A, E, R>,
  place: typeof setup = setup
) =>
  Effect.flatMap(
    place,
    (place) =>
      withRepositories(place.dataDir, (repositories) =>
        Effect.flatMap(repositories.prepare(place.repo, firstTurn()), ({ commit }) =>
          test({
            ...place,
            repositories,
            commit,
            initialBundle: exported(repositories, place.repo, commit),
            take: (bundle, changes) =>
              repositories.importBundle(place.repo, bundle, resultOf(commit, changes))
          })))
  )

/** What an agent in a sandbox has: a clone of the bundle, on the session's branch. */
export const workspace = Effect.fnUntraced(function*(bundle: string) {
  const work = `${yield* Git.temporary}/work`
  yield* Git.git("/", "clone", "--quiet", "--branch", branch, bundle, work)
  return work
})

/** Packs what the workspace's branch has on top of a commit, as the entrypoint does. */
export const packed = (work: string, start: string) =>
  Effect.as(
    Git.git(work, "bundle", "create", "--quiet", `${work}.bundle`, `^${start}`, `refs/heads/${branch}`),
    `${work}.bundle`
  )

/** A whole run: takes the bundle, commits the files on the branch, and leaves a bundle. */
export const sandbox = Effect.fnUntraced(
  function*(bundle: string, files: Readonly<Record<string, string>>, message = "Work") {
    const work = yield* workspace(bundle)
    const start = yield* Git.commitOf(work, "HEAD")
    const tip = yield* Git.commit(work, files, message)
    return { work, out: yield* packed(work, start), tip }
  }
)

export const mirrorIn = (dataDir: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const names = (yield* fs.readDirectory(`${dataDir}/mirrors`)).filter((name) => name.endsWith(".git"))
    assert.strictEqual(names.length, 1)
    return `${dataDir}/mirrors/${names[0]}`
  })
