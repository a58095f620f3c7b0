/** Git's smart HTTP protocol, spoken by git's own `http-backend` as a CGI program. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import type { GitHubGit } from "./GitHubGit.ts"
import type { Repository } from "./GitHubState.ts"

/** A request for a repository over git's protocol. */
export interface GitPath {
  readonly slug: string
  /** `/info/refs`, `/git-upload-pack` or `/git-receive-pack` */
  readonly service: string
}

/** Reads a path like `/owner/name.git/info/refs`; the dumb protocol's paths are none of these. */
export const gitPath = (path: string): GitPath | undefined => {
  const [, slug, service] = /^\/([^/]+\/[^/]+?)(?:\.git)?(\/info\/refs|\/git-(?:upload|receive)-pack)$/.exec(path) ?? []
  return slug === undefined || service === undefined ? undefined : { slug, service }
}

/** Whether the request is part of a push. */
export const isPush = ({ service }: GitPath, query: string): boolean =>
  service === "/git-receive-pack" || query.includes("service=git-receive-pack")

const readCgi = (output: Uint8Array) => {
  const buffer = Buffer.from(output)
  const end = buffer.indexOf("\r\n\r\n")
  const lines = buffer.subarray(0, Math.max(end, 0)).toString("latin1").split("\r\n")
  const headers = new Map(lines.flatMap((line) => {
    const colon = line.indexOf(":")
    return colon < 0 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const]
  }))
  const status = Number.parseInt(headers.get("status") ?? "200", 10)
  headers.delete("status")
  return { status, headers: Object.fromEntries(headers), body: new Uint8Array(buffer.subarray(end + 4)) }
}

/**
 * Answers from a repository below `root`. The answer is kept until the program has ended, so that what a push does is
 * done before the first byte of its answer is sent.
 */
export const smartHttp = Effect.fnUntraced(function*(
  git: GitHubGit,
  root: string,
  repository: Repository,
  { service }: GitPath,
  pack: Uint8Array,
  login: string
) {
  const { headers, method, url } = yield* HttpServerRequest.HttpServerRequest
  const output = yield* git.run(["http-backend"], {
    input: pack,
    env: {
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: `/${repository.owner}/${repository.name}.git${service}`,
      REQUEST_METHOD: method,
      QUERY_STRING: url.split("?")[1] ?? "",
      CONTENT_TYPE: headers["content-type"] ?? "",
      CONTENT_LENGTH: `${pack.length}`,
      HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
      GIT_PROTOCOL: headers["git-protocol"] ?? "",
      REMOTE_ADDR: "127.0.0.1",
      REMOTE_USER: login
    }
  })
  const answer = readCgi(output.stdout)
  return HttpServerResponse.uint8Array(answer.body, {
    status: answer.status,
    headers: answer.headers,
    contentType: answer.headers["content-type"] ?? "text/plain"
  })
})
