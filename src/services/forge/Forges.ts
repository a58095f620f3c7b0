/** Chooses the `Forge` for a repository: GitHub, or a path on this machine. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Repository } from "../../domain/Repository.ts"
import { Forge, ForgeError } from "./Forge.ts"
import { GitHub } from "./GitHub.ts"
import * as GitHubForge from "./GitHubForge.ts"
import { LocalForge } from "./LocalForge.ts"

export const layer = Layer.effect(
  Forge,
  Effect.gen(function*() {
    const github = yield* GitHubForge.make
    const local = yield* LocalForge
    return Forge.of({
      remote: Repository.$match({ GitHub: (repo) => Effect.succeed(github.remote(repo)), Local: local.remote }),
      defaultBranch: Repository.$match({ GitHub: github.defaultBranch, Local: local.defaultBranch }),
      hasPullRequests: Repository.$is("GitHub"),
      propose: (proposal) =>
        Repository.$match(proposal.repo, {
          GitHub: (repo) => github.propose(repo, proposal),
          Local: () =>
            new ForgeError({
              operation: "opening the pull request",
              reason: "a local repository has no pull requests",
              isRetryable: false
            })
        })
    })
  })
).pipe(Layer.provide(GitHub.layer))
