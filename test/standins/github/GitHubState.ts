/** What the GitHub stand-in knows beside git's own data: repositories, pull requests, comments, labels. */
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { GitHubGit } from "./GitHubGit.ts"

export interface Comment {
  readonly id: number
  readonly author: string
  readonly body: string
  readonly createdAt: string
}

export interface PullRequest {
  readonly number: number
  readonly nodeId: string
  readonly title: string
  readonly body: string | null
  /** The branches' names. */
  readonly head: string
  readonly base: string
  /** The head's commit, or its last one where the branch is gone. */
  readonly headSha: string
  /** The base's commit when the pull request was opened. */
  readonly baseSha: string
  readonly draft: boolean
  readonly state: "open" | "closed"
  readonly merged: boolean
  readonly author: string
  readonly labels: ReadonlyArray<string>
  /** Who was asked for a review: people, and teams as `owner/team`. */
  readonly reviewers: ReadonlyArray<string>
  readonly comments: ReadonlyArray<Comment>
  readonly createdAt: string
  readonly updatedAt: string
}

export interface Repository {
  readonly id: number
  readonly owner: string
  readonly name: string
  readonly private: boolean
  readonly defaultBranch: string
  /** Where the bare repository lies. */
  readonly directory: string
  /** Whether the token may push and open pull requests. */
  readonly push: boolean
  /** Who can be asked for a review, as there. */
  readonly collaborators: ReadonlyArray<string>
  readonly pulls: ReadonlyArray<PullRequest>
}

/** `owner/name`, as it is written. */
export const slugOf = ({ name, owner }: Pick<Repository, "owner" | "name">): string => `${owner}/${name}`

export type GitHubState = Effect.Effect.Success<ReturnType<typeof makeState>>

export const makeState = Effect.fnUntraced(function*(git: GitHubGit) {
  const repositories = yield* Ref.make(HashMap.empty<string, Repository>())
  const lane = yield* Effect.makeSemaphore(1)

  // As on GitHub, names are found however they are capitalised.
  const find = (slug: string) => Effect.map(Ref.get(repositories), HashMap.get(slug.toLowerCase()))

  const put = (repository: Repository) =>
    Ref.update(repositories, (all) => HashMap.set(all, slugOf(repository).toLowerCase(), repository))

  const putPull = (repository: Repository, pull: PullRequest) => {
    const pulls = repository.pulls.filter((other) => other.number !== pull.number)
    return put({ ...repository, pulls: [...pulls, pull].sort((a, b) => a.number - b.number) })
  }

  /** Lets open pull requests follow their branches: a new tip is their head, a branch that is gone closes them. */
  const follow = (repository: Repository) =>
    Effect.forEach(repository.pulls, (pull) =>
      pull.state === "closed"
        ? Effect.succeed(pull)
        : Effect.map(
          git.tip(repository.directory, pull.head),
          Option.match({
            onNone: (): PullRequest => ({ ...pull, state: "closed" }),
            onSome: (headSha) => ({ ...pull, headSha })
          })
        )).pipe(Effect.flatMap((pulls) => put({ ...repository, pulls })))

  return {
    find,
    put,
    putPull,
    follow: (slug: string) =>
      Effect.flatMap(find(slug), Option.match({ onNone: () => Effect.void, onSome: follow })).pipe(
        lane.withPermits(1)
      ),
    count: Effect.map(Ref.get(repositories), HashMap.size),
    all: Effect.map(Ref.get(repositories), (all) => [...HashMap.values(all)]),
    /** What reads and writes in here happens alone. */
    alone: lane.withPermits(1)
  }
})
