/** What `Forge` needs from a git repository on this machine. Implemented in `../git/GitLocalForge.ts`. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { BranchName } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import type { ForgeError, Remote, RepositoryNotFound } from "./Forge.ts"

export type LocalRepository = Extract<Repository, { readonly _tag: "Local" }>

export class LocalForge extends Context.Tag("opentl/services/forge/LocalForge")<LocalForge, {
  /** The path must be the repository itself, not a directory inside one. */
  readonly remote: (repo: LocalRepository) => Effect.Effect<Remote, RepositoryNotFound>
  /** The checked-out branch. */
  readonly defaultBranch: (repo: LocalRepository) => Effect.Effect<BranchName, RepositoryNotFound | ForgeError>
}>() {}
