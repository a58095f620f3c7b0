/**
 * `Forge` for repositories on GitHub. It looks for a pull request of the head branch before opening one, so there is
 * only one.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { BranchName } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import { show } from "../../domain/Repository.ts"
import { AppConfig } from "../config/AppConfig.ts"
import { retryTransient } from "../support/Retry.ts"
import { ForgeError, type Proposal, type Remote, RepositoryNotFound } from "./Forge.ts"
import { GitHub, type PullRequestData } from "./GitHub.ts"

type GitHubRepository = Extract<Repository, { readonly _tag: "GitHub" }>

const decodeBranch = Schema.decodeUnknown(BranchName)

const toPullRequest = ({ draft, html_url, number }: PullRequestData) => ({ number, url: html_url, draft })

const noDraftNote = "> This repository does not support draft pull requests. **Treat this one as a draft.**\n\n"

const isTeamOf = ({ owner }: GitHubRepository, team: string): boolean =>
  team.toLowerCase().startsWith(`${owner.toLowerCase()}/`)

const isUnprocessable = (pattern: RegExp) => (error: ForgeError) => error.status === 422 && pattern.test(error.reason)
const isThereAlready = isUnprocessable(/already exists/i)
const hasNoDrafts = isUnprocessable(/draft/i)

/** The implementation for GitHub. */
export const make = Effect.gen(function*() {
  const { github: config } = yield* AppConfig
  const github = yield* GitHub

  const authorization = Option.map(
    config.token,
    (token) => Redacted.make(`Basic ${Encoding.encodeBase64(`x-access-token:${Redacted.value(token)}`)}`)
  )

  const remote = (repo: GitHubRepository): Remote => ({
    url: `${config.serverUrl}/${repo.owner}/${repo.name}.git`,
    authorization
  })

  const notFound = (repo: Repository) => (error: ForgeError) =>
    error.status === 404 ? new RepositoryNotFound({ repo: show(repo), hint: error.reason }) : error

  const defaultBranch = (repo: GitHubRepository): Effect.Effect<BranchName, RepositoryNotFound | ForgeError> =>
    github.defaultBranch(repo).pipe(
      retryTransient,
      Effect.mapError(notFound(repo)),
      Effect.flatMap((branch) =>
        Effect.mapError(
          decodeBranch(branch),
          (error) => new ForgeError({ operation: "reading the repository", reason: error.message, isRetryable: false })
        )
      )
    )

  const find = (repo: GitHubRepository, head: BranchName) => Effect.map(github.openPullRequests(repo, head), Arr.head)

  /** Sets the draft state of an existing pull request. Failing to set it does not fail the turn. */
  const setDraft = (pullRequest: PullRequestData, draft: boolean) =>
    pullRequest.draft === draft
      ? Effect.succeed(pullRequest)
      : github.setDraft(pullRequest, draft).pipe(
        retryTransient,
        Effect.as({ ...pullRequest, draft }),
        Effect.catchTag("ForgeError", (error) => Effect.as(Effect.logWarning(error.message), pullRequest))
      )

  /** What a repository wishes for a new pull request fails on its own: the sentences that say why. */
  const wish = (effect: Effect.Effect<void, ForgeError>) =>
    effect.pipe(
      retryTransient,
      Effect.as([]),
      Effect.catchTag("ForgeError", ({ message }) => Effect.succeed([message]))
    )

  const label = (repo: GitHubRepository, number: number, labels: ReadonlyArray<string>) =>
    labels.length === 0 ? Effect.succeed([]) : wish(github.addLabels(repo, number, labels))

  /** GitHub refuses all reviewers for the sake of one, so they are then asked one by one. */
  const askReviewers = Effect.fnUntraced(
    function*(repo: GitHubRepository, number: number, reviewers: ReadonlyArray<string>) {
      const [people, teams] = Arr.partition(reviewers, (name) => name.includes("/"))
      const [foreign, own] = Arr.partition(teams, (name) => isTeamOf(repo, name))
      const slugs = own.map((name) => name.slice(name.indexOf("/") + 1))
      const all = { people, teams: slugs }
      const each = [
        ...people.map((name) => ({ people: [name], teams: [] })),
        ...slugs.map((name) => ({ people: [], teams: [name] }))
      ]
      const problems = each.length === 0 ? [] : yield* github.requestReviews(repo, number, all).pipe(
        retryTransient,
        Effect.as([]),
        Effect.catchTag("ForgeError", ({ message, status }) =>
          status === 422 && each.length > 1
            ? Effect.map(
              Effect.forEach(each, (one) => wish(github.requestReviews(repo, number, one))),
              Arr.flatten
            )
            : Effect.succeed([message]))
      )
      return [
        ...foreign.map((name) => `${name} is no team of ${repo.owner}, so it cannot be asked for a review`),
        ...problems
      ]
    }
  )

  /** Labels and reviewers of a pull request that is new to the session. */
  const fulfil = Effect.fnUntraced(function*(
    repo: GitHubRepository,
    { number }: PullRequestData,
    { known, labels = [], reviewers = [] }: Proposal
  ) {
    if (number === known) return []
    return [...(yield* label(repo, number, labels)), ...(yield* askReviewers(repo, number, reviewers))]
  })

  const update = Effect.fnUntraced(function*(repo: GitHubRepository, found: PullRequestData, proposal: Proposal) {
    yield* github.updateBody(repo, found.number, proposal.body)
    const isDraft = proposal.draft || (proposal.opensAsDraft === true && found.draft)
    const pullRequest = toPullRequest(yield* setDraft(found, isDraft))
    return { pullRequest, opened: false, problems: yield* fulfil(repo, found, proposal) }
  })

  const open = Effect.fnUntraced(function*(repo: GitHubRepository, proposal: Proposal) {
    const { base, body, head, opensAsDraft, title } = proposal
    const create = (draft: boolean, body: string) => github.createPullRequest(repo, { head, base, title, body, draft })
    const draft = proposal.draft || opensAsDraft === true
    const opened = yield* Effect.catchIf(
      create(draft, body),
      (error) => draft && hasNoDrafts(error),
      () => create(false, noDraftNote + body)
    )
    return { pullRequest: toPullRequest(opened), opened: true, problems: yield* fulfil(repo, opened, proposal) }
  })

  /** Retried as a whole: a pull request opened by an attempt whose response was lost is found by the next one. */
  const propose = Effect.fn("GitHubForge.propose")(function*(repo: GitHubRepository, proposal: Proposal) {
    if (Option.isNone(config.token)) {
      return yield* new ForgeError({
        operation: "opening the pull request",
        reason: "GITHUB_TOKEN is not set",
        isRetryable: false
      })
    }
    const existing = yield* find(repo, proposal.head)
    if (Option.isSome(existing)) return yield* update(repo, existing.value, proposal)
    return yield* open(repo, proposal).pipe(
      Effect.catchIf(isThereAlready, (error) =>
        Effect.flatMap(
          find(repo, proposal.head),
          Option.match({ onNone: () => Effect.fail(error), onSome: (found) => update(repo, found, proposal) })
        ))
    )
  }, retryTransient)

  return { remote, defaultBranch, propose }
})
