/**
 * Keeps the last diffs: gate, verification, review and pull request ask for the same one, and two commits differ in the same
 * way for ever. Bounded by length, because a diff may be large.
 */
import * as Effect from "effect/Effect"
import type { Diff } from "../../domain/Diff.ts"
import type { CommitId } from "../../domain/Ids.ts"
import { type Repository, show } from "../../domain/Repository.ts"
import * as RecentlyUsed from "../support/RecentlyUsed.ts"
import type { RepositoryFailure } from "./Repositories.ts"

export type Compare = (repo: Repository, from: CommitId, to: CommitId) => Effect.Effect<Diff, RepositoryFailure>

/** What a file takes beside its path, roughly, in characters. */
const perFile = 200

const lengthOf = ({ changed, patch, stat }: Diff): number =>
  changed.reduce((sum, { path }) => sum + path.length + perFile, patch.length + stat.length)

/** Keeps up to `limit` characters of diffs, those that were asked for last. */
export const make = (limit: number, compare: Compare): Effect.Effect<Compare> =>
  Effect.map(
    RecentlyUsed.make(limit, lengthOf),
    ({ get }): Compare => (repo, from, to) => get(`${from} ${to} ${repo._tag} ${show(repo)}`, compare(repo, from, to))
  )
