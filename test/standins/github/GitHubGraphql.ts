/** The two GraphQL mutations that REST has no word for: a draft made ready for review, and the reverse. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { GitHubPulls } from "./GitHubPulls.ts"
import type { Urls } from "./GitHubWire.ts"
import { pullJson } from "./GitHubWire.ts"

const Request = Schema.Struct({
  query: Schema.String,
  variables: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.Unknown }), { default: () => ({}) })
})

const failed = (type: string, message: string, path?: string) => ({
  ...(path === undefined ? {} : { data: { [path]: null } }),
  errors: [{ type, message, ...(path === undefined ? {} : { path: [path] }) }]
})

const IdInput = Schema.Struct({ pullRequestId: Schema.String })

/** The id in `pullRequestId: "…"`, `pullRequestId: $name` or `input: $name`. */
const pullRequestId = ({ query, variables }: typeof Request.Type): Option.Option<string> => {
  const literal = /pullRequestId\s*:\s*"([^"]+)"/.exec(query)?.[1]
  if (literal !== undefined) {
    return Option.some(literal)
  }
  const name = /pullRequestId\s*:\s*\$(\w+)/.exec(query)?.[1]
  if (name !== undefined) {
    return Schema.decodeUnknownOption(Schema.String)(variables[name])
  }
  const input = /input\s*:\s*\$(\w+)/.exec(query)?.[1]
  return input === undefined
    ? Option.none()
    : Option.map(Schema.decodeUnknownOption(IdInput)(variables[input]), (_) => _.pullRequestId)
}

/** Answers a GraphQL request; like GitHub's, errors too come with HTTP status 200. */
export const graphqlAnswer = Effect.fnUntraced(function*(pulls: GitHubPulls, urls: Urls, body: unknown) {
  const decoded = Schema.decodeUnknownOption(Request)(body)
  if (Option.isNone(decoded)) {
    return failed("INVALID_REQUEST", "A query attribute must be specified and must be a string.")
  }
  const request = decoded.value
  const mutation = /\b(convertPullRequestToDraft|markPullRequestReadyForReview)\s*\(/.exec(request.query)?.[1]
  if (mutation === undefined || !/^\s*mutation\b/.test(request.query)) {
    return failed("UNSUPPORTED", "The stand-in knows the mutations of a pull request's draft state only.")
  }
  const id = pullRequestId(request)
  if (Option.isNone(id)) {
    return failed("INVALID_REQUEST", `${mutation} needs an input with a pullRequestId.`)
  }
  const changed = yield* pulls.setDraft(id.value, mutation === "convertPullRequestToDraft")
  return Option.match(changed, {
    onNone: () => failed("NOT_FOUND", `Could not resolve to a node with the global id of '${id.value}'.`, mutation),
    onSome: ({ pull, repository }) => {
      const { draft, html_url, node_id, number, state } = pullJson(urls, repository, pull)
      const pullRequest = { id: node_id, number, url: html_url, isDraft: draft, state: state.toUpperCase() }
      return { data: { [mutation]: { pullRequest } } }
    }
  })
})
