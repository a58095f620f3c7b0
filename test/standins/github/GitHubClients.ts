/** GitHub's own SDK, connected to the stand-in. */
import { Octokit } from "@octokit/rest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as GitHubStandIn from "./GitHubStandIn.ts"

export const token = "ghp_real"
export const repo = { owner: "acme", repo: "site" }
export const slug = "acme/site"

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** GitHub's own client. */
export const connect = (baseUrl: string, auth = token) => new Octokit({ baseUrl, auth, log: silent })
export const connectWithoutToken = (baseUrl: string) => new Octokit({ baseUrl, log: silent })

export const ask = <A>(f: () => PromiseLike<A>) => Effect.tryPromise({ try: f, catch: (error) => error })

const Refusal = Schema.Struct({
  status: Schema.Number,
  response: Schema.Struct({
    headers: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
    data: Schema.Struct({
      message: Schema.String,
      documentation_url: Schema.String,
      errors: Schema.optionalWith(Schema.Array(Schema.Unknown), { default: () => [] })
    })
  })
})

/** How a call that must not pass is refused. */
export const refusal = <A>(f: () => PromiseLike<A>) =>
  Effect.map(
    Effect.flatMap(Effect.flip(ask(f)), Schema.decodeUnknown(Refusal)),
    ({ response, status }) => ({ status, ...response.data, headers: response.headers })
  )

/** A server with one repository, and a client with its token. */
export const make = Effect.gen(function*() {
  const gitHub = yield* GitHubStandIn.make({ token })
  yield* gitHub.createRepository({ owner: "acme", name: "site", files: { "README.md": "# Site\n" } })
  yield* gitHub.commit(slug, { branch: "fix/one", files: { "one.txt": "1\n" }, message: "One" })
  return { gitHub, octokit: connect(gitHub.apiUrl) }
})

/** A pull request of the branch that is there. */
export const draft = { ...repo, title: "One", body: "Why", head: "fix/one", base: "main", draft: true }
