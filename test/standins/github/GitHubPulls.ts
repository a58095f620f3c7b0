/** The rules of pull requests: which may be opened, which change is allowed. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { GitHubGit } from "./GitHubGit.ts"
import type { GitHubState, PullRequest, Repository } from "./GitHubState.ts"
import { slugOf } from "./GitHubState.ts"
import { GitHubRefusal, notFound, validationFailed } from "./GitHubWire.ts"

export const NewPull = Schema.Struct({
  title: Schema.String,
  head: Schema.String,
  base: Schema.String,
  body: Schema.optional(Schema.NullOr(Schema.String)),
  draft: Schema.optional(Schema.Boolean),
  maintainer_can_modify: Schema.optional(Schema.Boolean)
})

export const PullChange = Schema.Struct({
  title: Schema.optional(Schema.String),
  body: Schema.optional(Schema.NullOr(Schema.String)),
  state: Schema.optional(Schema.Literal("open", "closed")),
  base: Schema.optional(Schema.String)
})

export const Reviewers = Schema.Struct({
  reviewers: Schema.optional(Schema.Array(Schema.String)),
  team_reviewers: Schema.optional(Schema.Array(Schema.String))
})

export const PullFilter = Schema.Struct({
  state: Schema.optionalWith(Schema.Literal("open", "closed", "all"), { default: () => "open" as const }),
  head: Schema.optional(Schema.String),
  base: Schema.optional(Schema.String)
})

const creation = "rest/pulls/pulls#create-a-pull-request"
const update = "rest/pulls/pulls#update-a-pull-request"

const invalid = (documentation: string, field: string) =>
  validationFailed(documentation, { resource: "PullRequest", field, code: "invalid" })

const broken = (documentation: string, message: string) =>
  validationFailed(documentation, { resource: "PullRequest", code: "custom", message })

const forbidden = new GitHubRefusal({ status: 403, message: "Resource not accessible by personal access token" })

const now = Effect.map(DateTime.now, (time) => DateTime.formatIso(time).replace(/\.\d+Z$/, "Z"))

/** `branch` or `owner:branch`; the stand-in knows no forks, so another owner has no such branch. */
const headBranch = (repository: Repository, head: string): Option.Option<string> => {
  const colon = head.indexOf(":")
  if (colon < 0) {
    return Option.some(head)
  }
  return head.slice(0, colon).toLowerCase() === repository.owner.toLowerCase()
    ? Option.some(head.slice(colon + 1))
    : Option.none()
}

const isRival = (head: string, base: string) => (pull: PullRequest) =>
  pull.state === "open" && pull.head === head && pull.base === base

/** The pull requests that a list asks for, newest first. A `head` without its owner filters nothing: as on GitHub. */
export const filterPulls = (repository: Repository, filter: typeof PullFilter.Type): ReadonlyArray<PullRequest> =>
  repository.pulls.filter((pull) =>
    (filter.state === "all" || pull.state === filter.state) &&
    (filter.base === undefined || pull.base === filter.base) &&
    (filter.head === undefined || !filter.head.includes(":") ||
      Option.contains(headBranch(repository, filter.head), pull.head))
  ).reverse()

export type GitHubPulls = ReturnType<typeof makePulls>

export const makePulls = (state: GitHubState, git: GitHubGit, login: string) => {
  const orRefuse = <A>(refusal: GitHubRefusal) =>
    Option.match({ onNone: () => refusal, onSome: (value: A) => Effect.succeed(value) })

  const find = (slug: string) => Effect.flatMap(state.find(slug), orRefuse<Repository>(notFound))

  const findPull = Effect.fnUntraced(function*(slug: string, number: number) {
    const repository = yield* find(slug)
    const pull = repository.pulls.find((pull) => pull.number === number)
    return { repository, pull: pull ?? (yield* notFound) }
  })

  const tip = (repository: Repository, branch: string, refusal: GitHubRefusal) =>
    Effect.flatMap(git.tip(repository.directory, branch), orRefuse<string>(refusal))

  const create = Effect.fnUntraced(function*(slug: string, input: typeof NewPull.Type) {
    const repository = yield* find(slug)
    if (!repository.push) {
      return yield* forbidden
    }
    if (input.title.trim() === "") {
      return yield* validationFailed(creation, { resource: "PullRequest", field: "title", code: "missing_field" })
    }
    const baseSha = yield* tip(repository, input.base, invalid(creation, "base"))
    const head = yield* Effect.mapError(headBranch(repository, input.head), () => invalid(creation, "head"))
    const headSha = yield* tip(repository, head, invalid(creation, "head"))
    if ((yield* git.ahead(repository.directory, input.base, head)) === 0) {
      return yield* broken(creation, `No commits between ${input.base} and ${head}`)
    }
    if (repository.pulls.some(isRival(head, input.base))) {
      return yield* broken(creation, `A pull request already exists for ${repository.owner}:${head}.`)
    }
    const time = yield* now
    const number = repository.pulls.length + 1
    const pull: PullRequest = {
      number,
      nodeId: `PR_${repository.id}_${number}`,
      title: input.title,
      body: input.body ?? null,
      head,
      base: input.base,
      headSha,
      baseSha,
      draft: input.draft === true,
      state: "open",
      merged: false,
      author: login,
      labels: [],
      reviewers: [],
      comments: [],
      createdAt: time,
      updatedAt: time
    }
    yield* state.putPull(repository, pull)
    return { repository, pull }
  }, state.alone)

  /** Changes a pull request, alone, and notes the time. */
  const change = <E>(
    slug: string,
    number: number,
    f: (pull: PullRequest, repository: Repository) => Effect.Effect<PullRequest, E>
  ) =>
    Effect.gen(function*() {
      const found = yield* findPull(slug, number)
      if (!found.repository.push) {
        return yield* forbidden
      }
      const pull = { ...(yield* f(found.pull, found.repository)), updatedAt: yield* now }
      yield* state.putPull(found.repository, pull)
      return { repository: found.repository, pull }
    }).pipe(state.alone)

  const edit = (slug: string, number: number, input: typeof PullChange.Type) =>
    change(
      slug,
      number,
      Effect.fnUntraced(function*(pull, repository) {
        if (input.title?.trim() === "") {
          return yield* validationFailed(update, { resource: "PullRequest", field: "title", code: "missing_field" })
        }
        if (input.base !== undefined) {
          yield* tip(repository, input.base, invalid(update, "base"))
        }
        if (input.state === "open" && pull.state === "closed") {
          const refusal = broken(update, "state cannot be changed. The pull request cannot be reopened.")
          yield* tip(repository, pull.head, refusal)
          if (pull.merged || repository.pulls.some(isRival(pull.head, input.base ?? pull.base))) {
            return yield* refusal
          }
        }
        return {
          ...pull,
          title: input.title ?? pull.title,
          body: input.body === undefined ? pull.body : input.body,
          state: input.state ?? pull.state,
          base: input.base ?? pull.base
        }
      })
    )

  /** Merges an open pull request with a merge commit. */
  const merge = (slug: string, number: number) =>
    change(
      slug,
      number,
      Effect.fnUntraced(function*(pull, { directory, owner }) {
        if (pull.state === "closed") {
          return yield* new GitHubRefusal({ status: 405, message: "Pull Request is not mergeable" })
        }
        yield* git.merge(directory, pull.base, pull.head, `Merge pull request #${number} from ${owner}/${pull.head}`)
        return { ...pull, merged: true, state: "closed" as const }
      })
    )

  const comment = Effect.fnUntraced(function*(slug: string, number: number, body: string) {
    const createdAt = yield* now
    const { pull, repository } = yield* change(slug, number, (pull, { id }) => {
      const comment = { id: id * 1_000_000 + number * 1000 + pull.comments.length, author: login, body, createdAt }
      return Effect.succeed({ ...pull, comments: [...pull.comments, comment] })
    })
    return { repository, pull, comment: yield* Effect.orDie(Option.fromNullable(pull.comments.at(-1))) }
  })

  const label = (slug: string, number: number, labels: ReadonlyArray<string>) =>
    change(slug, number, (pull) => Effect.succeed({ ...pull, labels: [...new Set([...pull.labels, ...labels])] }))

  /** One that cannot be asked refuses all. */
  const askReviewers = (slug: string, number: number, { reviewers = [], team_reviewers = [] }: typeof Reviewers.Type) =>
    change(slug, number, (pull, { collaborators, owner }) => {
      const wanted = [...reviewers, ...team_reviewers.map((team) => `${owner}/${team}`)]
      return wanted.every((name) => collaborators.includes(name))
        ? Effect.succeed({ ...pull, reviewers: [...new Set([...pull.reviewers, ...wanted])] })
        : new GitHubRefusal({
          status: 422,
          message:
            "Reviews may only be requested from collaborators. One or more of the users or teams you specified " +
            `is not a collaborator of the ${slug} repository.`
        })
    })

  /** Makes the pull request with that node id a draft, or ready for review. */
  const setDraft = Effect.fnUntraced(function*(nodeId: string, draft: boolean) {
    for (const repository of yield* state.all) {
      const pull = repository.pulls.find((pull) => pull.nodeId === nodeId)
      if (pull !== undefined) {
        return Option.some(
          yield* change(slugOf(repository), pull.number, (pull) => Effect.succeed({ ...pull, draft }))
        )
      }
    }
    return Option.none()
  })

  return { find, findPull, create, edit, merge, comment, label, askReviewers, setDraft }
}
