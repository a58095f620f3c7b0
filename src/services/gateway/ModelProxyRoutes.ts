/** Which requests the gateway accepts for a model's API, and what of them it forwards. Pure. */
import type { ProviderName } from "../model/ModelChoice.ts"
import type { Dialect } from "./UsageDialects.ts"

export type Provider = ProviderName

export interface ModelRoute {
  readonly provider: Provider
  readonly method: "GET" | "HEAD" | "POST"
  /** The path after the provider's base URL, with the query. */
  readonly path: string
  /** The dialect of a call that costs something. */
  readonly dialect: Dialect | undefined
  /** The model, where the address names it. */
  readonly model: string | undefined
}

interface Rule {
  readonly method: "GET" | "POST"
  readonly path: RegExp
  readonly provider: Provider
  readonly dialect?: Dialect
}

const prefixes: Readonly<Record<Provider, string>> = {
  anthropic: "/anthropic",
  openai: "/openai/v1",
  google: "/google"
}

const rules: ReadonlyArray<Rule> = [
  { method: "POST", provider: "anthropic", path: /^\/v1\/messages$/, dialect: "anthropic" },
  { method: "POST", provider: "anthropic", path: /^\/v1\/messages\/count_tokens$/ },
  { method: "GET", provider: "anthropic", path: /^\/v1\/models(\/[A-Za-z0-9][A-Za-z0-9._:@-]*)?$/ },
  { method: "POST", provider: "openai", path: /^\/chat\/completions$/, dialect: "openai-chat" },
  { method: "POST", provider: "openai", path: /^\/responses$/, dialect: "openai-responses" },
  { method: "GET", provider: "openai", path: /^\/models(\/[A-Za-z0-9][A-Za-z0-9._:@-]*)?$/ },
  {
    method: "POST",
    provider: "google",
    path: /^\/v1(?:beta)?\/models\/(?<model>[A-Za-z0-9][A-Za-z0-9._@-]*):(?:generateContent|streamGenerateContent)$/,
    dialect: "gemini"
  },
  { method: "POST", provider: "google", path: /^\/v1(?:beta)?\/models\/[A-Za-z0-9][A-Za-z0-9._@-]*:countTokens$/ },
  { method: "GET", provider: "google", path: /^\/v1(?:beta)?\/models(\/[A-Za-z0-9][A-Za-z0-9._@-]*)?$/ }
]

/** The provider that a gateway path belongs to. */
export const providerOf = (url: string): Provider | undefined => {
  const path = url.split("?")[0] ?? ""
  if (path === prefixes.anthropic || path.startsWith(`${prefixes.anthropic}/`)) return "anthropic"
  if (path === prefixes.google || path.startsWith(`${prefixes.google}/`)) return "google"
  return path === "/openai" || path.startsWith("/openai/") ? "openai" : undefined
}

/** Google's API takes a key in the query, too: the agent's is left out, as it is none. */
const withoutKey = (query: string): string => query.split("&").filter((part) => !/^key(=|$)/i.test(part)).join("&")

const queryOf = (provider: Provider, query: ReadonlyArray<string>): string => {
  const text = query.join("?")
  const kept = provider === "google" ? withoutKey(text) : text
  return query.length === 0 || (kept === "" && text !== "") ? "" : `?${kept}`
}

/** What was asked for, for people: without the query, one short line of printable characters. */
export const endpointOf = (method: string, url: string): string =>
  `${method} ${url.split("?")[0] ?? ""}`.replace(/[^!-~ ]/g, "?").slice(0, 120)

/** Finds the API call of a request. The URL is used as sent: nothing is unescaped or resolved. */
export const routeOf = (method: string, url: string): ModelRoute | undefined => {
  const [path = "", ...query] = url.split("?")
  const rule = rules.find(
    (rule) =>
      (rule.method === method || (rule.method === "GET" && method === "HEAD")) &&
      path.startsWith(prefixes[rule.provider]) && rule.path.test(path.slice(prefixes[rule.provider].length))
  )
  return rule === undefined ? undefined : {
    provider: rule.provider,
    method: method === "HEAD" ? "HEAD" : rule.method,
    path: url.slice(prefixes[rule.provider].length, path.length) + queryOf(rule.provider, query),
    dialect: rule.dialect,
    model: rule.path.exec(path.slice(prefixes[rule.provider].length))?.groups?.["model"]
  }
}

const isOneOf = (names: ReadonlyArray<RegExp>) => (name: string) => names.some((pattern) => pattern.test(name))

/** Excludes credentials, cookies, and hop-by-hop headers. */
const isRequestHeader = isOneOf([
  /^accept$/,
  /^anthropic-(version|beta)$/,
  /^openai-beta$/,
  /^user-agent$/,
  /^x-goog-api-client$/,
  /^x-stainless-/
])

const isResponseHeader = isOneOf([
  /^(anthropic|x)-ratelimit-/,
  /^content-(encoding|length|type)$/,
  /^openai-(processing-ms|version)$/,
  /^(x-)?request-id$/,
  /^retry-after(-ms)?$/,
  /^x-should-retry$/
])

const pick = (isWanted: (name: string) => boolean) => (headers: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value !== undefined && isWanted(name) ? [[name, value] as const] : []
    )
  )

export const requestHeaders = pick(isRequestHeader)

const passed = pick(isResponseHeader)

/** A key that is refused is not the agent's, and asking again does not help: some agents do so for minutes. */
export const responseHeaders = (status: number, headers: Readonly<Record<string, string | undefined>>) =>
  status === 401 ? { "x-should-retry": "false", ...passed(headers) } : passed(headers)

/** Google's names of errors. */
const googleStatus: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  402: "FAILED_PRECONDITION",
  403: "PERMISSION_DENIED",
  408: "DEADLINE_EXCEEDED",
  413: "INVALID_ARGUMENT"
}

/** An error in the form that the provider's SDK reads. */
export const errorBody = (provider: Provider, status: number, type: string, message: string): unknown => {
  switch (provider) {
    case "anthropic":
      return { type: "error", error: { type, message } }
    case "openai":
      return { error: { message, type, param: null, code: type } }
    case "google":
      return { error: { code: status, message, status: googleStatus[status] ?? "UNAVAILABLE" } }
  }
}
