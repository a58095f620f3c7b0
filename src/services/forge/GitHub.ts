/** The part of GitHub's API that a session needs. The SDK stays in this file; its responses are decoded. */
import { Octokit } from "@octokit/rest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { AppConfig } from "../config/AppConfig.ts"
import { ForgeError } from "./Forge.ts"
import { failure } from "./GitHubFailure.ts"

export interface GitHubRepository {
  readonly owner: string
  readonly name: string
}

export interface GitHubReviewers {
  readonly people: ReadonlyArray<string>
  /** The names of teams of the repository's owner. */
  readonly teams: ReadonlyArray<string>
}

const PullRequestData = Schema.Struct({
  number: Schema.Int,
  html_url: Schema.String,
  node_id: Schema.String,
  draft: Schema.optionalWith(Schema.Boolean, { nullable: true, default: () => false }),
  head: Schema.Struct({ ref: Schema.String })
})
export type PullRequestData = typeof PullRequestData.Type

const RepositoryData = Schema.Struct({ default_branch: Schema.NonEmptyString })

const setDraftMutation = {
  true: `mutation ($id: ID!) { convertPullRequestToDraft(input: { pullRequestId: $id }) { pullRequest { isDraft } } }`,
  false:
    `mutation ($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }`
} as const

/** Retries nothing: only the caller knows what may be repeated. */
export class GitHub extends Context.Tag("opentl/services/forge/GitHub")<GitHub, {
  readonly defaultBranch: (repo: GitHubRepository) => Effect.Effect<string, ForgeError>
  /** The open pull requests of a branch in the repository itself. */
  readonly openPullRequests: (
    repo: GitHubRepository,
    head: string
  ) => Effect.Effect<ReadonlyArray<PullRequestData>, ForgeError>
  readonly createPullRequest: (
    repo: GitHubRepository,
    pullRequest: {
      readonly head: string
      readonly base: string
      readonly title: string
      readonly body: string
      readonly draft: boolean
    }
  ) => Effect.Effect<PullRequestData, ForgeError>
  readonly updateBody: (repo: GitHubRepository, number: number, body: string) => Effect.Effect<void, ForgeError>
  readonly addLabels: (
    repo: GitHubRepository,
    number: number,
    labels: ReadonlyArray<string>
  ) => Effect.Effect<void, ForgeError>
  readonly requestReviews: (
    repo: GitHubRepository,
    number: number,
    reviewers: GitHubReviewers
  ) => Effect.Effect<void, ForgeError>
  readonly setDraft: (pullRequest: PullRequestData, draft: boolean) => Effect.Effect<void, ForgeError>
}>() {
  static readonly layer = Layer.effect(
    GitHub,
    Effect.gen(function*() {
      const { github } = yield* AppConfig
      const silent = { debug: constVoid, info: constVoid, warn: constVoid, error: constVoid }
      const sdk = new Octokit({
        baseUrl: github.apiUrl,
        userAgent: "opentl",
        log: silent,
        request: { log: silent },
        ...Option.match(github.token, { onNone: () => ({}), onSome: (token) => ({ auth: Redacted.value(token) }) })
      })
      const use = <A>(operation: string, f: (sdk: Octokit, signal: AbortSignal) => Promise<A>) =>
        Effect.tryPromise({ try: (signal) => f(sdk, signal), catch: (cause) => ({ cause }) }).pipe(
          Effect.catchAll(({ cause }) =>
            Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.fail(failure(github, operation, cause, now)))
          ),
          Effect.timeoutFail({
            duration: "30 seconds",
            onTimeout: () =>
              new ForgeError({
                operation,
                reason: `${github.apiUrl} did not answer within 30 seconds`,
                isRetryable: true
              })
          }),
          Effect.withSpan(`GitHub.${operation}`)
        )
      const decoding = <A, I>(operation: string, schema: Schema.Schema<A, I>) => {
        const decode = Schema.decodeUnknown(schema)
        return Effect.flatMap(({ data }: { readonly data: unknown }) =>
          Effect.mapError(decode(data), () =>
            new ForgeError({
              operation,
              reason: `${github.apiUrl} sent a response that is not GitHub's`,
              isRetryable: false
            }))
        )
      }
      const named = ({ name, owner }: GitHubRepository) => ({ owner, repo: name })

      return GitHub.of({
        defaultBranch: Effect.fn("GitHub.defaultBranch")(function*(repo) {
          const operation = "reading the repository"
          const { default_branch } = yield* use(
            operation,
            (sdk, signal) => sdk.repos.get({ ...named(repo), request: { signal } })
          ).pipe(decoding(operation, RepositoryData))
          return default_branch
        }),
        openPullRequests: Effect.fn("GitHub.openPullRequests")(function*(repo, head) {
          const operation = "looking for the pull request"
          const found = yield* use(
            operation,
            (sdk, signal) =>
              sdk.pulls.list({ ...named(repo), state: "open", head: `${repo.owner}:${head}`, request: { signal } })
          ).pipe(
            decoding(operation, Schema.Array(PullRequestData))
          )
          return found.filter((pullRequest) => pullRequest.head.ref === head)
        }),
        createPullRequest: Effect.fn("GitHub.createPullRequest")((repo, pullRequest) => {
          const operation = "opening the pull request"
          return use(
            operation,
            (sdk, signal) => sdk.pulls.create({ ...named(repo), ...pullRequest, request: { signal } })
          ).pipe(
            decoding(operation, PullRequestData)
          )
        }),
        updateBody: Effect.fn("GitHub.updateBody")((repo, number, body) =>
          use(
            "updating the pull request",
            (sdk, signal) => sdk.pulls.update({ ...named(repo), pull_number: number, body, request: { signal } })
          ).pipe(Effect.asVoid)
        ),
        addLabels: Effect.fn("GitHub.addLabels")((repo, number, labels) =>
          use(
            `setting ${labels.length === 1 ? "the label" : "the labels"} ${labels.join(", ")}`,
            (sdk, signal) =>
              sdk.issues.addLabels({ ...named(repo), issue_number: number, labels: [...labels], request: { signal } })
          ).pipe(Effect.asVoid)
        ),
        requestReviews: Effect.fn("GitHub.requestReviews")((repo, number, { people, teams }) =>
          use(
            `asking ${[...people, ...teams.map((team) => `${repo.owner}/${team}`)].join(", ")} for a review`,
            (sdk, signal) =>
              sdk.pulls.requestReviewers({
                ...named(repo),
                pull_number: number,
                reviewers: [...people],
                team_reviewers: [...teams],
                request: { signal }
              })
          ).pipe(Effect.asVoid)
        ),
        setDraft: Effect.fn("GitHub.setDraft")((pullRequest, draft) =>
          use(
            draft ? "turning the pull request into a draft" : "marking the pull request as ready",
            (sdk, signal) => sdk.graphql(setDraftMutation[`${draft}`], { id: pullRequest.node_id, request: { signal } })
          ).pipe(
            Effect.asVoid
          )
        )
      })
    })
  )
}
