/** What a cache of installed dependencies decides, by the commits that it is about. Pure. */
import type { CommitId } from "./Ids.ts"
import { areEqual, type InstallInputs } from "./InstallInputs.ts"
import type { InstallKind } from "./InstallKind.ts"

/** What was made of a base's dependencies: all that was installed, or only the caches of the package managers. */
export type SnapshotKind = "whole" | "caches"

/** What a snapshot is kept for. */
export interface SnapshotSource {
  readonly repo: string
  /** The sandbox's identity. */
  readonly sandbox: string
  readonly setup: ReadonlyArray<string> | undefined
  readonly base: CommitId
  readonly inputs: InstallInputs
  readonly kind: InstallKind
}

/** Raised when what a snapshot contains is no longer what it was. */
const version = 1

/** By code unit: the same everywhere. */
const byPath = ([one]: readonly [string, string], [other]: readonly [string, string]) =>
  one < other ? -1 : one > other ? 1 : 0

/**
 * What a snapshot's key is made of: equal for two commits exactly if the one's snapshot may be used for the other. Where
 * the install runs code of the repository, it is for the one commit.
 */
export const keyOf = ({ base, inputs, kind, repo, sandbox, setup }: SnapshotSource) => ({
  version,
  repo,
  sandbox,
  kind,
  setup: setup ?? null,
  commit: kind === "code" ? base : null,
  inputs: Array.from(inputs).sort(byPath)
})

/** What a snapshot of a base's install contains. */
export const contentOf = (kind: InstallKind): SnapshotKind => kind === "whole" ? "whole" : "caches"

/** A commit that is installed, as seen from its base. */
export interface InstallTarget {
  readonly commit: CommitId
  readonly inputs: InstallInputs
}

/**
 * How much of the base's snapshot a commit may use: all of it in place of an install, where the base's and its own would
 * give the same; else the caches, on which it installs anew.
 */
export const useOf = (source: SnapshotSource, { inputs }: InstallTarget): SnapshotKind =>
  source.kind === "whole" && areEqual(source.inputs, inputs) ? "whole" : "caches"

/** Whether an install that failed on the base would fail on the commit in the same way. */
export const sharesFailure = (source: SnapshotSource, { commit, inputs }: InstallTarget): boolean =>
  commit === source.base || (source.kind !== "code" && areEqual(source.inputs, inputs))
