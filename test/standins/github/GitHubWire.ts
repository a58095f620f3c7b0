/** GitHub's JSON: errors with their bodies, and how repositories, pull requests and the rest look. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Schema from "effect/Schema"
import type { Comment, PullRequest, Repository } from "./GitHubState.ts"
import { slugOf } from "./GitHubState.ts"

/** An error of the REST API. */
export class GitHubRefusal extends Schema.TaggedError<GitHubRefusal>()("GitHubRefusal", {
  status: Schema.Number,
  message: Schema.String,
  /** What is wrong with which field, of a 422. */
  errors: Schema.optional(Schema.Array(Schema.Unknown)),
  /** Below `https://docs.github.com/`. */
  documentation: Schema.optionalWith(Schema.String, { default: () => "rest" }),
  headers: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.String }), { default: () => ({}) })
}) {}

export const notFound = new GitHubRefusal({ status: 404, message: "Not Found" })

/** A body that lacks fields or has them of a wrong type. */
export const invalidRequest = (detail: string): GitHubRefusal =>
  new GitHubRefusal({ status: 422, message: `Invalid request.\n\n${detail}` })

/** A body that is well formed and breaks a rule. */
export const validationFailed = (documentation: string, error: Readonly<Record<string, string>>): GitHubRefusal =>
  new GitHubRefusal({ status: 422, message: "Validation Failed", errors: [error], documentation })

export const refusalResponse = ({ documentation, errors, headers, message, status }: GitHubRefusal) =>
  HttpServerResponse.unsafeJson({
    message,
    ...(errors === undefined ? {} : { errors }),
    documentation_url: `https://docs.github.com/${documentation}`,
    status: `${status}`
  }, { status, headers })

/** The addresses that the JSON speaks of. */
export interface Urls {
  readonly api: string
  readonly web: string
}

export const userJson = ({ api, web }: Urls, login: string) => ({
  login,
  id: [...login].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003, 7),
  node_id: `U_${login}`,
  url: `${api}/users/${login}`,
  html_url: `${web}/${login}`,
  type: "User",
  site_admin: false
})

export const repositoryJson = (urls: Urls, repository: Repository) => {
  const slug = slugOf(repository)
  return {
    id: repository.id,
    node_id: `R_${repository.id}`,
    name: repository.name,
    full_name: slug,
    private: repository.private,
    visibility: repository.private ? "private" : "public",
    owner: userJson(urls, repository.owner),
    description: null,
    fork: false,
    archived: false,
    disabled: false,
    url: `${urls.api}/repos/${slug}`,
    html_url: `${urls.web}/${slug}`,
    clone_url: `${urls.web}/${slug}.git`,
    default_branch: repository.defaultBranch,
    permissions: { admin: false, maintain: false, push: repository.push, triage: repository.push, pull: true }
  }
}

export const commentJson = (urls: Urls, repository: Repository, pull: PullRequest, comment: Comment) => ({
  id: comment.id,
  node_id: `IC_${comment.id}`,
  url: `${urls.api}/repos/${slugOf(repository)}/issues/comments/${comment.id}`,
  html_url: `${urls.web}/${slugOf(repository)}/pull/${pull.number}#issuecomment-${comment.id}`,
  user: userJson(urls, comment.author),
  body: comment.body,
  created_at: comment.createdAt,
  updated_at: comment.createdAt
})

export const labelJson = (urls: Urls, repository: Repository, name: string) => ({
  id: userJson(urls, name).id,
  url: `${urls.api}/repos/${slugOf(repository)}/labels/${encodeURIComponent(name)}`,
  name,
  color: "ededed",
  default: false,
  description: null
})

export const pullJson = (urls: Urls, repository: Repository, pull: PullRequest) => {
  const slug = slugOf(repository)
  const side = (branch: string, sha: string) => ({
    label: `${repository.owner}:${branch}`,
    ref: branch,
    sha,
    user: userJson(urls, repository.owner),
    repo: repositoryJson(urls, repository)
  })
  return {
    id: repository.id * 1000 + pull.number,
    node_id: pull.nodeId,
    number: pull.number,
    url: `${urls.api}/repos/${slug}/pulls/${pull.number}`,
    html_url: `${urls.web}/${slug}/pull/${pull.number}`,
    issue_url: `${urls.api}/repos/${slug}/issues/${pull.number}`,
    state: pull.state,
    locked: false,
    draft: pull.draft,
    merged: pull.merged,
    merged_at: pull.merged ? pull.updatedAt : null,
    title: pull.title,
    body: pull.body,
    user: userJson(urls, pull.author),
    labels: pull.labels.map((name) => labelJson(urls, repository, name)),
    head: side(pull.head, pull.headSha),
    base: side(pull.base, pull.baseSha),
    comments: pull.comments.length,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.state === "closed" ? pull.updatedAt : null
  }
}
