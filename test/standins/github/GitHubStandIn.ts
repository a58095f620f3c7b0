/**
 * GitHub on loopback: the REST API that a coding agent uses, the GraphQL mutations of a draft, and real bare
 * repositories over git's smart HTTP. It refuses what GitHub refuses, and remembers what was asked and what was done.
 */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Headers from "@effect/platform/Headers"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import type { Journal } from "../../support/Loopback.ts"
import { journal, reset as resetConnection, serve } from "../../support/Loopback.ts"
import type { GitHubExchange } from "./GitHubAccess.ts"
import { gitRefusal, mayUseGit, readRequest, restRefusal } from "./GitHubAccess.ts"
import { GitHubFault, makeFaults } from "./GitHubFaults.ts"
import type { Commit, Files, NewCommit } from "./GitHubGit.ts"
import { makeGit } from "./GitHubGit.ts"
import { makePulls } from "./GitHubPulls.ts"
import { makeRest } from "./GitHubRest.ts"
import type { GitPath } from "./GitHubSmartHttp.ts"
import { gitPath, isPush, smartHttp } from "./GitHubSmartHttp.ts"
import type { PullRequest, Repository } from "./GitHubState.ts"
import { makeState } from "./GitHubState.ts"
import { GitHubRefusal, refusalResponse } from "./GitHubWire.ts"

export {
  answer,
  hold,
  loseAnswer,
  oldProtocol,
  primaryLimit,
  rateLimited,
  reset,
  secondaryLimit,
  serverError
} from "./GitHubFaults.ts"
export type { Comment, PullRequest } from "./GitHubState.ts"

export interface NewRepository {
  readonly owner: string
  readonly name: string
  /** Of the first commit. Without any, the repository is empty. */
  readonly files: Files
  /** `main` */
  readonly defaultBranch?: string
  /** `true` */
  readonly private?: boolean
  /** Whether the token may push and open pull requests: `true`. */
  readonly push?: boolean
  /** Who can be asked for a review: people, and teams as `owner/team`. Nobody. */
  readonly collaborators?: ReadonlyArray<string>
}

/** Repositories are named `owner/name`; a name that was not created here is a defect. */
export interface GitHubStandIn {
  /** For `GITHUB_SERVER_URL`. */
  readonly serverUrl: string
  /** For `GITHUB_API_URL`. `serverUrl` is one too. */
  readonly apiUrl: string
  /** Where the bare repositories lie, each as `owner/name.git`. */
  readonly directory: string
  readonly journal: Journal<GitHubExchange>
  /** Whether a text occurs anywhere in what was received, a decoded credential included; packs are not looked into. */
  readonly saw: (text: string) => Effect.Effect<boolean>
  /** Orders a fault for the next requests, one by default, that `when` chooses. */
  readonly failNext: (
    fault: GitHubFault,
    options?: { readonly times?: number; readonly when?: (request: GitHubExchange) => boolean }
  ) => Effect.Effect<void>
  /** Gives the clone URL. */
  readonly createRepository: (repository: NewRepository) => Effect.Effect<string>
  /** Commits as somebody else does; a new branch starts at the default branch unless `from` names another. */
  readonly commit: (repository: string, commit: NewCommit) => Effect.Effect<void>
  readonly deleteBranch: (repository: string, branch: string) => Effect.Effect<void>
  /** Merges a pull request as somebody else does. */
  readonly merge: (repository: string, number: number) => Effect.Effect<void>
  readonly branches: (repository: string) => Effect.Effect<ReadonlyArray<string>>
  readonly fileAt: (repository: string, branch: string, path: string) => Effect.Effect<Option.Option<string>>
  /** Newest first. */
  readonly log: (repository: string, branch: string) => Effect.Effect<ReadonlyArray<Commit>>
  /** In the order of their numbers. */
  readonly pullRequests: (repository: string) => Effect.Effect<ReadonlyArray<PullRequest>>
}

export interface GitHubStandInOptions {
  /** The one token that is right. */
  readonly token: string
  /** Whose token it is: `opentl-bot`. */
  readonly login?: string
}

const mentions = (text: string) => ({ auth, body, headers, path, query }: GitHubExchange) =>
  [path, query, body, auth.token ?? "", ...Object.values(headers)].some((part) => part.includes(text))

const rateLimit = 5000

/** Serves until the scope closes; the repositories' directory goes with it. */
export const make = ({ login = "opentl-bot", token }: GitHubStandInOptions): Effect.Effect<
  GitHubStandIn,
  never,
  Scope.Scope | CommandExecutor.CommandExecutor | FileSystem.FileSystem | Path.Path
> =>
  Effect.gen(function*() {
    const paths = yield* Path.Path
    const files = yield* FileSystem.FileSystem
    const root = yield* files.makeTempDirectoryScoped({ prefix: "opentl-github-" }).pipe(Effect.orDie)
    const git = yield* makeGit
    const state = yield* makeState(git)
    const pulls = makePulls(state, git, login)
    const exchanges = yield* journal<GitHubExchange>()
    const faults = yield* makeFaults<GitHubExchange>()
    const used = yield* Ref.make(0)

    const rateLimitHeaders = Effect.gen(function*() {
      const count = yield* Ref.updateAndGet(used, (count) => count + 1)
      const now = yield* Clock.currentTimeMillis
      return {
        "x-github-request-id": `STANDIN:${count}`,
        "x-ratelimit-limit": `${rateLimit}`,
        "x-ratelimit-remaining": `${rateLimit - count}`,
        "x-ratelimit-used": `${count}`,
        "x-ratelimit-reset": `${Math.floor(now / 1000) + 3600}`,
        "x-ratelimit-resource": "core",
        "x-oauth-scopes": "repo"
      }
    })

    const answerGit = Effect.fnUntraced(function*(path: GitPath, exchange: GitHubExchange, pack: Uint8Array) {
      if (!mayUseGit(exchange, token)) {
        return gitRefusal(401, "Invalid username or token.")
      }
      const repository = yield* state.find(path.slug)
      if (Option.isNone(repository)) {
        return gitRefusal(404, "Repository not found.")
      }
      const push = isPush(path, exchange.query)
      if (path.service === "/info/refs" && !push && exchange.query !== "service=git-upload-pack") {
        return gitRefusal(403, "Please upgrade your git client.")
      }
      if (push && !repository.value.push) {
        return gitRefusal(403, `Permission to ${path.slug}.git denied to ${login}.`)
      }
      const answer = yield* smartHttp(git, root, repository.value, path, pack, login)
      if (path.service === "/git-receive-pack") {
        yield* state.follow(path.slug)
      }
      return answer
    })

    const answerRest = Effect.fnUntraced(function*(rest: ReturnType<typeof makeRest>, exchange: GitHubExchange) {
      const refusal = restRefusal(exchange, token)
      const response = refusal === undefined ? yield* rest : refusalResponse(refusal)
      return HttpServerResponse.setHeaders(response, yield* rateLimitHeaders)
    })

    // What has been received is carried out, though the client should go away: only waiting can be interrupted.
    const app = (rest: ReturnType<typeof makeRest>) =>
      Effect.uninterruptibleMask(Effect.fnUntraced(function*(restore) {
        const { exchange, pack, request } = yield* restore(readRequest)
        const change = yield* exchanges.add(exchange)
        const settle = (fields: Pick<GitHubExchange, "outcome" | "status">) =>
          change((entry) => entry.outcome === "open" ? { ...entry, ...fields } : entry)
        const path = gitPath(exchange.path)
        const answerTo = (request: HttpServerRequest.HttpServerRequest) =>
          (path === undefined ? answerRest(rest, exchange) : answerGit(path, exchange, pack)).pipe(
            Effect.provideService(HttpServerRequest.HttpServerRequest, request)
          )
        const answer = answerTo(request)
        const lose = Effect.zipRight(settle({ outcome: "lost" }), restore(resetConnection(request)))
        const response = yield* Option.match(yield* faults.take(exchange), {
          onNone: () => answer,
          onSome: GitHubFault.$match({
            Answer: ({ response }) => Effect.succeed(response),
            Hold: ({ until }) => Effect.zipRight(restore(until), answer),
            LoseAnswer: () => Effect.zipRight(answer, lose),
            OldProtocol: () => answerTo(request.modify({ headers: Headers.remove(request.headers, "git-protocol") })),
            Refuse: (refusal) => Effect.succeed(refusalResponse(new GitHubRefusal(refusal))),
            Reset: () => lose
          })
        }).pipe(Effect.onInterrupt(() => settle({ outcome: "aborted" })))
        yield* settle({ outcome: "answered", status: response.status })
        return response
      }))

    const url = yield* serve((url) => app(makeRest(pulls, git, { api: `${url}/api/v3`, web: url }, login)))

    const read = <A>(slug: string, f: (repository: Repository) => Effect.Effect<A>) =>
      Effect.flatMap(
        state.find(slug),
        Option.match({ onNone: () => Effect.dieMessage(`The stand-in has no repository ${slug}.`), onSome: f })
      )

    const write = <A>(slug: string, f: (repository: Repository) => Effect.Effect<A>) =>
      Effect.zipRight(read(slug, f), state.follow(slug))

    const createRepository = Effect.fnUntraced(function*(repository: NewRepository) {
      const { defaultBranch = "main", name, owner } = repository
      const directory = paths.join(root, owner, `${name}.git`)
      if (Option.isSome(yield* state.find(`${owner}/${name}`))) {
        return yield* Effect.dieMessage(`The stand-in has a repository ${owner}/${name} already.`)
      }
      yield* git.init(directory, defaultBranch)
      if (Object.keys(repository.files).length > 0) {
        yield* git.commit(directory, { branch: defaultBranch, files: repository.files, message: "First commit" })
      }
      yield* state.put({
        id: 1 + (yield* state.count),
        owner,
        name,
        private: repository.private ?? true,
        defaultBranch,
        directory,
        push: repository.push ?? true,
        collaborators: repository.collaborators ?? [],
        pulls: []
      })
      return `${url}/${owner}/${name}.git`
    })

    return {
      serverUrl: url,
      apiUrl: `${url}/api/v3`,
      directory: root,
      journal: exchanges,
      saw: (text) => Effect.map(exchanges.entries, (entries) => entries.some(mentions(text))),
      failNext: (fault, options = {}) => faults.order(fault, options.times ?? 1, options.when ?? (() => true)),
      createRepository,
      commit: (slug, commit) =>
        write(slug, ({ defaultBranch, directory }) => git.commit(directory, { from: defaultBranch, ...commit })),
      deleteBranch: (slug, branch) => write(slug, ({ directory }) => git.remove(directory, branch)),
      merge: (slug, number) => Effect.asVoid(Effect.orDie(pulls.merge(slug, number))),
      branches: (slug) => read(slug, ({ directory }) => git.branches(directory)),
      fileAt: (slug, branch, path) => read(slug, ({ directory }) => git.fileAt(directory, branch, path)),
      log: (slug, branch) => read(slug, ({ directory }) => git.log(directory, branch)),
      pullRequests: (slug) => read(slug, ({ pulls }) => Effect.succeed(pulls))
    }
  })
