/** Which requests the gateway accepts for a model's API, and what of them it forwards. Pure. */
import type { Dialect } from "./UsageMeter.ts"

export type Provider = "anthropic" | "openai"

export interface ModelRoute {
  readonly provider: Provider
  readonly method: "GET" | "HEAD" | "POST"
  /** The path after the provider's base URL, with the query. */
  readonly path: string
  /** The dialect of a call that costs something. */
  readonly dialect: Dialect | undefined
}

interface Rule {
  readonly method: "GET" | "POST"
  readonly path: RegExp
  readonly provider: Provider
  readonly dialect?: Dialect
}

const prefixes: Readonly<Record<Provider, string>> = { anthropic: "/anthropic", openai: "/openai/v1" }

const rules: ReadonlyArray<Rule> = [
  { method: "POST", provider: "anthropic", path: /^\/v1\/messages$/, dialect: "anthropic" },
  { method: "POST", provider: "anthropic", path: /^\/v1\/messages\/count_tokens$/ },
  { method: "GET", provider: "anthropic", path: /^\/v1\/models(\/[A-Za-z0-9][A-Za-z0-9._:@-]*)?$/ },
  { method: "POST", provider: "openai", path: /^\/chat\/completions$/, dialect: "openai-chat" },
  { method: "POST", provider: "openai", path: /^\/responses$/, dialect: "openai-responses" },
  { method: "GET", provider: "openai", path: /^\/models(\/[A-Za-z0-9][A-Za-z0-9._:@-]*)?$/ }
]

/** The provider that a gateway path belongs to. */
export const providerOf = (url: string): Provider | undefined => {
  const path = url.split("?")[0] ?? ""
  if (path === prefixes.anthropic || path.startsWith(`${prefixes.anthropic}/`)) return "anthropic"
  return path === "/openai" || path.startsWith("/openai/") ? "openai" : undefined
}

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
    path: url.slice(prefixes[rule.provider].length, path.length) + (query.length === 0 ? "" : `?${query.join("?")}`),
    dialect: rule.dialect
  }
}

const isOneOf = (names: ReadonlyArray<RegExp>) => (name: string) => names.some((pattern) => pattern.test(name))

/** Excludes credentials, cookies, and hop-by-hop headers. */
const isRequestHeader = isOneOf([
  /^accept$/,
  /^anthropic-(version|beta)$/,
  /^openai-beta$/,
  /^user-agent$/,
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
export const responseHeaders = pick(isResponseHeader)

/** An error in the form that the provider's SDK reads. */
export const errorBody = (provider: Provider, type: string, message: string): unknown =>
  provider === "anthropic"
    ? { type: "error", error: { type, message } }
    : { error: { message, type, param: null, code: type } }
