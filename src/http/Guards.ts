/**
 * Refuses calls that a foreign web page makes through somebody's browser, before anything else is checked. A page that
 * rebound its name to this address still sends that name as `Host`; a page that posts across origins is named by
 * `Origin` or `Sec-Fetch-Site`.
 */
import type * as Headers from "@effect/platform/Headers"

const defaultPorts: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" }

/** Whether a Host header names this server. */
export type IsOwnHost = (host: string | undefined) => boolean

/** The bound address and this machine's names for itself, with the port, plus those from the configuration. */
export const ownHosts = (
  bound: { readonly host: string; readonly port: number },
  allowed: ReadonlyArray<string>
): IsOwnHost => {
  const names = [bound.host.includes(":") ? `[${bound.host}]` : bound.host, "localhost", "127.0.0.1", "[::1]"]
  const known = new Set(names.map((name) => `${name.toLowerCase()}:${bound.port}`))
  const further = new Set(allowed.map((host) => host.toLowerCase()))
  return (header) => {
    const host = header?.trim().toLowerCase() ?? ""
    const name = host.replace(/:\d+$/, "")
    const withPort = host === name ? `${host}:80` : host
    return known.has(withPort) || further.has(host) || further.has(name)
  }
}

const isOwnOrigin = (origin: string, isOwnHost: IsOwnHost): boolean => {
  if (!URL.canParse(origin)) return false
  const { hostname, port, protocol } = new URL(origin)
  const defaultPort = defaultPorts[protocol]
  return defaultPort !== undefined && isOwnHost(`${hostname}:${port === "" ? defaultPort : port}`)
}

/** Whether somebody followed a link. That may come from anywhere: the linking page cannot see the response. */
const isFollowedLink = (method: string, headers: Headers.Headers): boolean =>
  method === "GET" && headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document"

/** The reason for refusing a request; undefined if it is allowed. */
export const refusal = (method: string, headers: Headers.Headers, isOwnHost: IsOwnHost): string | undefined => {
  if (!isOwnHost(headers["host"])) {
    return `the Host header "${
      (headers["host"] ?? "").slice(0, 100)
    }" is not this server's: set OPENTL_ALLOWED_HOSTS to allow it`
  }
  const origin = headers["origin"]
  if (origin !== undefined && !isOwnOrigin(origin, isOwnHost)) {
    return "requests from web pages of another origin are refused"
  }
  if (headers["sec-fetch-site"] === "cross-site" && !isFollowedLink(method, headers)) {
    return "requests from web pages of another site are refused"
  }
  return undefined
}
