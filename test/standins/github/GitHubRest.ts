/** The routes of GitHub's REST and GraphQL APIs that a coding agent needs; all others are not found. */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { GitHubGit } from "./GitHubGit.ts"
import { graphqlAnswer } from "./GitHubGraphql.ts"
import type { GitHubPulls } from "./GitHubPulls.ts"
import { filterPulls, NewPull, PullChange, PullFilter, Reviewers } from "./GitHubPulls.ts"
import type { Urls } from "./GitHubWire.ts"
import {
  commentJson,
  GitHubRefusal,
  invalidRequest,
  labelJson,
  notFound,
  pullJson,
  refusalResponse,
  repositoryJson,
  userJson
} from "./GitHubWire.ts"

const json = (body: unknown, status = 200) => HttpServerResponse.unsafeJson(body, { status })

const parseJson = Schema.decodeUnknown(Schema.parseJson())

/** Reads the body, or refuses it in GitHub's words. */
const body = <A, I>(schema: Schema.Schema<A, I>) =>
  Effect.gen(function*() {
    const { text } = yield* HttpServerRequest.HttpServerRequest
    const parsed = yield* Effect.orDie(text).pipe(
      Effect.flatMap(parseJson),
      Effect.mapError(() => new GitHubRefusal({ status: 400, message: "Problems parsing JSON" }))
    )
    return yield* Schema.decodeUnknown(schema, { errors: "all" })(parsed).pipe(Effect.mapError((error) => {
      const issues = ParseResult.ArrayFormatter.formatErrorSync(error)
      const missing = issues.filter((issue) => issue._tag === "Missing").map((issue) => `"${issue.path.join(".")}"`)
      return invalidRequest(
        missing.length > 0
          ? `${missing.join(", ")} ${missing.length === 1 ? "wasn't" : "weren't"} supplied.`
          : issues.map((issue) => `For '${issue.path.join("/")}': ${issue.message}.`).join(" ")
      )
    }))
  })

const query = <A, I extends Readonly<Record<string, string | ReadonlyArray<string> | undefined>>>(
  schema: Schema.Schema<A, I>
) =>
  Effect.mapError(
    HttpServerRequest.schemaSearchParams(schema),
    () => new GitHubRefusal({ status: 422, message: "Validation Failed" })
  )

const params = <A, I extends Readonly<Record<string, string | undefined>>>(schema: Schema.Schema<A, I>) =>
  Effect.mapError(HttpRouter.schemaPathParams(schema), () => notFound)

const slug = Effect.map(
  params(Schema.Struct({ owner: Schema.String, repo: Schema.String })),
  ({ owner, repo }) => `${owner}/${repo}`
)

const number = Effect.map(params(Schema.Struct({ number: Schema.NumberFromString })), ({ number }) => number)

const Page = Schema.Struct({
  page: Schema.optionalWith(Schema.NumberFromString, { default: () => 1 }),
  per_page: Schema.optionalWith(Schema.NumberFromString, { default: () => 30 })
})

/** One page of a list, with the link to the next one. */
const paged = <A>(urls: Urls, items: ReadonlyArray<A>, render: (item: A) => unknown) =>
  Effect.gen(function*() {
    const { page, per_page } = yield* query(Page)
    const { url } = yield* HttpServerRequest.HttpServerRequest
    const size = Math.min(per_page, 100)
    const next = new URL(`${urls.api}${url}`)
    next.searchParams.set("page", `${page + 1}`)
    return HttpServerResponse.unsafeJson(items.slice((page - 1) * size, page * size).map(render), {
      headers: page * size < items.length ? { link: `<${next.href}>; rel="next"` } : {}
    })
  })

/** A client that goes away does not undo what it has asked for. */
const whole = { uninterruptible: true }

/** Every answer of the REST API; refusals are answers too. */
export const makeRest = (pulls: GitHubPulls, git: GitHubGit, urls: Urls, login: string) => {
  const issuePath = "/repos/:owner/:repo/issues/:number"
  const pullPath = "/repos/:owner/:repo/pulls/:number"
  return HttpRouter.empty.pipe(
    HttpRouter.get("/user", Effect.sync(() => json(userJson(urls, login)))),
    HttpRouter.get(
      "/repos/:owner/:repo",
      Effect.gen(function*() {
        return json(repositoryJson(urls, yield* pulls.find(yield* slug)))
      })
    ),
    HttpRouter.get(
      "/repos/:owner/:repo/branches/:branch",
      Effect.gen(function*() {
        const repository = yield* pulls.find(yield* slug)
        const { branch } = yield* params(Schema.Struct({ branch: Schema.String }))
        const sha = yield* Effect.flatten(git.tip(repository.directory, branch)).pipe(
          Effect.mapError(() => new GitHubRefusal({ status: 404, message: "Branch not found" }))
        )
        return json({ name: branch, commit: { sha }, protected: false })
      })
    ),
    HttpRouter.get(
      "/repos/:owner/:repo/pulls",
      Effect.gen(function*() {
        const repository = yield* pulls.find(yield* slug)
        const found = filterPulls(repository, yield* query(PullFilter))
        return yield* paged(urls, found, (pull) => pullJson(urls, repository, pull))
      })
    ),
    HttpRouter.post(
      "/repos/:owner/:repo/pulls",
      Effect.gen(function*() {
        const where = yield* slug
        yield* pulls.find(where)
        const { pull, repository } = yield* pulls.create(where, yield* body(NewPull))
        return json(pullJson(urls, repository, pull), 201)
      }),
      whole
    ),
    HttpRouter.get(
      pullPath,
      Effect.gen(function*() {
        const { pull, repository } = yield* pulls.findPull(yield* slug, yield* number)
        return json(pullJson(urls, repository, pull))
      })
    ),
    HttpRouter.patch(
      pullPath,
      Effect.gen(function*() {
        const { pull, repository } = yield* pulls.edit(yield* slug, yield* number, yield* body(PullChange))
        return json(pullJson(urls, repository, pull))
      }),
      whole
    ),
    HttpRouter.get(
      `${issuePath}/comments`,
      Effect.gen(function*() {
        const { pull, repository } = yield* pulls.findPull(yield* slug, yield* number)
        return yield* paged(urls, pull.comments, (comment) => commentJson(urls, repository, pull, comment))
      })
    ),
    HttpRouter.post(
      `${issuePath}/comments`,
      Effect.gen(function*() {
        const { body: text } = yield* body(Schema.Struct({ body: Schema.NonEmptyString }))
        const { comment, pull, repository } = yield* pulls.comment(yield* slug, yield* number, text)
        return json(commentJson(urls, repository, pull, comment), 201)
      }),
      whole
    ),
    HttpRouter.post(
      `${issuePath}/labels`,
      Effect.gen(function*() {
        const { labels } = yield* body(Schema.Struct({ labels: Schema.Array(Schema.NonEmptyString) }))
        const { pull, repository } = yield* pulls.label(yield* slug, yield* number, labels)
        return json(pull.labels.map((name) => labelJson(urls, repository, name)))
      }),
      whole
    ),
    HttpRouter.post(
      `${pullPath}/requested_reviewers`,
      Effect.gen(function*() {
        const { pull, repository } = yield* pulls.askReviewers(yield* slug, yield* number, yield* body(Reviewers))
        return json(pullJson(urls, repository, pull), 201)
      }),
      whole
    ),
    HttpRouter.post(
      "/graphql",
      Effect.gen(function*() {
        const answer = yield* graphqlAnswer(pulls, urls, yield* body(Schema.Unknown))
        return json(answer)
      }),
      whole
    ),
    Effect.catchTags({
      GitHubRefusal: (refusal) => Effect.succeed(refusalResponse(refusal)),
      RouteNotFound: () => Effect.succeed(refusalResponse(notFound))
    })
  )
}
