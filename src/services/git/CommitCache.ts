/** Keeps what was read of commits: a commit never changes, and each step of a session asks for the same one. */
import * as Effect from "effect/Effect"
import type { CommitId } from "../../domain/Ids.ts"
import { type Repository, show } from "../../domain/Repository.ts"
import * as RecentlyUsed from "../support/RecentlyUsed.ts"
import type { RepositoryFailure } from "./Repositories.ts"

export type ReadCommit<A> = (repo: Repository, commit: CommitId) => Effect.Effect<A, RepositoryFailure>

/** Keeps what was read of so many commits, those that were asked for last. */
export const make = <A>(capacity: number, read: ReadCommit<A>): Effect.Effect<ReadCommit<A>> =>
  Effect.map(
    RecentlyUsed.make<A>(capacity),
    ({ get }) => (repo, commit) => get(`${commit} ${repo._tag} ${show(repo)}`, read(repo, commit))
  )
