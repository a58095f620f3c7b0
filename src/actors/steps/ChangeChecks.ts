/** Which checks a change must pass: those of its base, and those that only the change brings. */
import * as Effect from "effect/Effect"
import * as Checks from "../../domain/Checks.ts"
import type { CommitId } from "../../domain/Ids.ts"
import { scriptsOf } from "../../domain/PackageScripts.ts"
import { BaseConfigurations } from "../../services/git/BaseConfiguration.ts"
import * as CheckTrees from "../../services/git/CheckTrees.ts"
import { GitError } from "../../services/git/Repositories.ts"
import type { StepContext } from "./StepContext.ts"

export const make = Effect.gen(function*() {
  const { read: configurationOf } = yield* BaseConfigurations
  const bases = yield* CheckTrees.BaseTrees
  const treeOf = yield* CheckTrees.make

  return Effect.fn("ChangeChecks.read")(function*({ state: { origin, spec: { repo } } }: StepContext, head: CommitId) {
    if (origin === undefined) {
      return yield* new GitError({ operation: "diff", reason: "the session has no base commit" })
    }
    const [{ config }, base, changed] = yield* Effect.all([
      configurationOf(repo, origin.commit),
      bases.read(repo, origin.commit),
      treeOf(repo, head)
    ], { concurrency: 3 })
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
