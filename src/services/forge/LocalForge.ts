/** What `Forge` needs to know of a git repository on this machine. The git side says it: `../git/GitLocalForge.ts`. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { BranchName } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import type { ForgeError, Remote, RepositoryNotFound } from "./Forge.ts"

export type LocalRepository = Extract<Repository, { readonly _tag: "Local" }>

export class LocalForge extends Context.Tag("opentl/services/forge/LocalForge")<LocalForge, {
  /** The path itself must be the repository: a directory somewhere inside of one is not meant. */
  readonly remote: (repo: LocalRepository) => Effect.Effect<Remote, RepositoryNotFound>
  /** The branch that is checked out. */
  readonly defaultBranch: (repo: LocalRepository) => Effect.Effect<BranchName, RepositoryNotFound | ForgeError>
}>() {}
