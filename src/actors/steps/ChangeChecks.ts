/** Which checks a change must pass: those of its base, and those that only the change brings. */
import * as Effect from "effect/Effect"
import * as Checks from "../../domain/Checks.ts"
import type { Diff } from "../../domain/Diff.ts"
import type { CommitId } from "../../domain/Ids.ts"
import { scriptsOf } from "../../domain/PackageScripts.ts"
import { BaseConfigurations } from "../../services/git/BaseConfiguration.ts"
import * as CheckTrees from "../../services/git/CheckTrees.ts"
import { GitError, Repositories } from "../../services/git/Repositories.ts"
import type { StepContext } from "./StepContext.ts"

/** Whether detection finds the same with the change as without it. A list of files may be incomplete. */
const isAside = ({ changed, files }: Diff): boolean =>
  changed.length === files &&
  !changed.some(({ path, previousPath = path }) => Checks.isLookedAt(path) || Checks.isLookedAt(previousPath))

export const make = Effect.gen(function*() {
  const { read: configurationOf } = yield* BaseConfigurations
  const bases = yield* CheckTrees.BaseTrees
  const repositories = yield* Repositories
  const treeOf = yield* CheckTrees.make

  return Effect.fn("ChangeChecks.read")(function*({ state: { origin, spec: { repo } } }: StepContext, head: CommitId) {
    if (origin === undefined) {
      return yield* new GitError({ operation: "diff", reason: "the session has no base commit" })
    }
    const [{ config }, base, diff] = yield* Effect.all([
      configurationOf(repo, origin.commit),
      bases.read(repo, origin.commit),
      repositories.diff(repo, origin.commit, head)
    ], { concurrency: 3 })
    const changed = isAside(diff) ? base : yield* treeOf(repo, head)
    return {
      checks: Checks.checksOf({ config, base, head: changed }),
      setup: config.setup,
      /** Of the base's `package.json`. */
      scripts: scriptsOf(base.files.get("package.json") ?? ""),
      /** Of the change's. */
      now: scriptsOf(changed.files.get("package.json") ?? "")
    }
  })
})
