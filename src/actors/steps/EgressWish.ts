/**
 * The domains that a repository's configuration wishes for its sandboxes. They are granted where the operator lets the
 * repository ask, each time that a sandbox is started, so that a permission which is taken back is gone.
 */
import * as Effect from "effect/Effect"
import type { Repository } from "../../domain/Repository.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { BaseConfigurations } from "../../services/git/BaseConfiguration.ts"

/** Whether a repository is among `owner/name` and `owner/*`. */
const isAmong = (allowed: ReadonlyArray<string>, repo: Repository): boolean =>
  repo._tag === "GitHub" &&
  [`${repo.owner}/${repo.name}`, `${repo.owner}/*`].some((name) => allowed.includes(name.toLowerCase()))

export const make = Effect.gen(function*() {
  const { egress, egressRepos } = yield* AppConfig
  const { read: configurationOf } = yield* BaseConfigurations

  return {
    /** Why a repository's domains are not granted, as a sentence. */
    refusal: (repo: Repository): string | undefined =>
      !isAmong(egressRepos, repo)
        ? "the configuration's egress is not used: the operator does not let this repository ask for domains " +
          "(OPENTL_EGRESS_REPOS)"
        : egress === "none"
        ? "the configuration's egress is not used: sandboxes have no network (OPENTL_EGRESS=none)"
        : undefined,
    /** The domains that a session's sandboxes may reach besides the operator's. */
    granted: Effect.fn("EgressWish.granted")(function*({ origin, spec: { repo } }: SessionState) {
      if (origin === undefined || !isAmong(egressRepos, repo)) return []
      const { config } = yield* configurationOf(repo, origin.commit)
      return config.egress ?? []
    })
  }
})
