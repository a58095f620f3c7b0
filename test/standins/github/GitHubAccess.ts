/** Requests as the GitHub stand-in notes them, and who of them may come in. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import { gitPath } from "./GitHubSmartHttp.ts"
import { GitHubRefusal } from "./GitHubWire.ts"

/** How a request said who it is: `Authorization: <scheme> …`. */
export interface GitHubAuth {
  readonly scheme: "none" | "token" | "bearer" | "basic" | "other"
  /** Of `basic` only. */
  readonly user?: string
  readonly token?: string
}

/** One request. */
export interface GitHubExchange {
  readonly kind: "rest" | "graphql" | "git"
  readonly method: string
  /** Without the prefix of an enterprise server. */
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  /** Empty for `git`, whose bodies are packs. */
  readonly body: string
  readonly auth: GitHubAuth
  /** `lost`: the connection was reset by order. `aborted`: the client went away before the answer. */
  readonly outcome: "open" | "answered" | "lost" | "aborted"
  readonly status?: number
}

/** Reads an `Authorization` header. */
export const readAuth = (header: string | undefined): GitHubAuth => {
  if (header === undefined) {
    return { scheme: "none" }
  }
  const [scheme, credential = ""] = header.split(/\s+/, 2)
  switch (scheme?.toLowerCase()) {
    case "token":
      return { scheme: "token", token: credential }
    case "bearer":
      return { scheme: "bearer", token: credential }
    case "basic": {
      const pair = Either.getOrElse(Encoding.decodeBase64String(credential), () => "")
      const colon = Math.max(pair.indexOf(":"), 0)
      return { scheme: "basic", user: pair.slice(0, colon), token: pair.slice(colon + 1) }
    }
    default:
      return { scheme: "other" }
  }
}

/**
 * Reads a request. The same API answers at the root, as at `api.github.com`, and below `/api/v3` and `/api/graphql`,
 * as on an enterprise server. The request given back has its path without that prefix. `pack` is the body of a request
 * of git's.
 */
export const readRequest = Effect.gen(function*() {
  const source = yield* HttpServerRequest.HttpServerRequest
  const request = source.modify({ url: source.url.replace(/^\/api(\/v3)?(?=\/)/, "") })
  const [path = "/", query = ""] = request.url.split("?")
  const kind = gitPath(path) !== undefined ? "git" : path === "/graphql" ? "graphql" : "rest"
  const pack = kind === "git" ? new Uint8Array(yield* Effect.orDie(request.arrayBuffer)) : new Uint8Array()
  const exchange: GitHubExchange = {
    kind,
    method: request.method,
    path,
    query,
    headers: { ...request.headers },
    body: kind === "git" ? "" : yield* Effect.orDie(request.text),
    auth: readAuth(request.headers["authorization"]),
    outcome: "open"
  }
  return { request, exchange, pack }
})

/** What keeps a request of the REST or GraphQL API out. */
export const restRefusal = ({ auth, headers }: GitHubExchange, token: string): GitHubRefusal | undefined => {
  if (headers["user-agent"] === undefined) {
    return new GitHubRefusal({ status: 403, message: "Request forbidden: it has no User-Agent header." })
  }
  if (auth.scheme === "none") {
    return new GitHubRefusal({ status: 401, message: "Requires authentication" })
  }
  return (auth.scheme === "token" || auth.scheme === "bearer") && auth.token === token
    ? undefined
    : new GitHubRefusal({ status: 401, message: "Bad credentials" })
}

/** Git comes in with `Basic x-access-token:<token>`, and with nothing else. */
export const mayUseGit = ({ auth }: GitHubExchange, token: string): boolean =>
  auth.scheme === "basic" && auth.user === "x-access-token" && auth.token === token

/** What git prints as `remote: …`. */
export const gitRefusal = (status: 401 | 403 | 404, text: string) =>
  HttpServerResponse.text(`${text}\n`, {
    status,
    headers: status === 401 ? { "www-authenticate": "Basic realm=\"GitHub\"" } : {}
  })
