/**
 * Keeps the last diffs: gate, verification, review and pull request ask for the same one, and two commits differ in the same
 * way for ever. Bounded by length, because a diff may be large.
 */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { Diff } from "../../domain/Diff.ts"
import type { CommitId } from "../../domain/Ids.ts"
import { type Repository, show } from "../../domain/Repository.ts"
import type { RepositoryFailure } from "./Repositories.ts"

export type Compare = (repo: Repository, from: CommitId, to: CommitId) => Effect.Effect<Diff, RepositoryFailure>

/** What a file takes beside its path, roughly, in characters. */
const perFile = 200

const lengthOf = ({ changed, patch, stat }: Diff): number =>
  changed.reduce((sum, { path }) => sum + path.length + perFile, patch.length + stat.length)

type Kept = ReadonlyArray<readonly [key: string, diff: Diff]>

/** The entry first, then those before it that still fit into the limit; a diff that is longer than that is not kept. */
const add = (kept: Kept, key: string, diff: Diff, limit: number): Kept => {
  let room = limit
  return [[key, diff] as const, ...kept.filter(([other]) => other !== key)].filter(([, each]) => {
    const length = lengthOf(each)
    if (length > room) return false
    room -= length
    return true
  })
}

/** Keeps up to `limit` characters of diffs, those that were asked for last. A failure is not kept. */
export const make = (limit: number, compare: Compare): Effect.Effect<Compare> =>
  Effect.map(
    Ref.make<Kept>([]),
    (kept): Compare => (repo, from, to) => {
      const key = `${from} ${to} ${repo._tag} ${show(repo)}`
      return Effect.flatMap(Ref.get(kept), (all) => {
        const known = all.find(([other]) => other === key)
        return known === undefined ? compare(repo, from, to) : Effect.succeed(known[1])
      }).pipe(Effect.tap((diff) => Ref.update(kept, (all) => add(all, key, diff, limit))))
    }
  )
