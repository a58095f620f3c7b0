/**
 * Keeps what was read of commits: a commit never changes, and each step of a session asks for the same one. Whoever asks
 * while it is being read reads it, too, because nobody may wait for a reader that can be interrupted (Effect's `Cache`
 * shares one). A failure is not kept.
 */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { CommitId } from "../../domain/Ids.ts"
import { type Repository, show } from "../../domain/Repository.ts"
import type { RepositoryFailure } from "./Repositories.ts"

export type ReadCommit<A> = (repo: Repository, commit: CommitId) => Effect.Effect<A, RepositoryFailure>

/** Keeps what was read of so many commits, those that were asked for last. */
export const make = <A>(capacity: number, read: ReadCommit<A>): Effect.Effect<ReadCommit<A>> =>
  Effect.map(
    Ref.make<ReadonlyMap<string, A>>(new Map()),
    (kept) => (repo, commit) => {
      const key = `${commit} ${repo._tag} ${show(repo)}`
      /** The newest comes last. */
      const keep = (value: A) =>
        Ref.update(kept, (all) =>
          new Map([...[...all].filter(([other]) => other !== key), [key, value] as const].slice(-capacity)))
      return Effect.tap(
        Effect.flatMap(Ref.get(kept), (all) => {
          const known = all.get(key)
          return known === undefined ? read(repo, commit) : Effect.succeed(known)
        }),
        keep
      )
    }
  )
