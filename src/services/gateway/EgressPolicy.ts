/**
 * What a sandbox may reach through the gateway: package registries by default, only by name and TLS, and never an
 * address outside the public internet. Pure.
 */
import * as Either from "effect/Either"
import { BlockList, isIPv4, isIPv6 } from "node:net"
import type { AppConfigShape } from "../config/AppConfig.ts"

export interface EgressPolicy {
  readonly mode: AppConfigShape["egress"]
  readonly allow: ReadonlyArray<Allowed>
}

interface Allowed {
  /** A lower-case name; `*.` in front matches every subdomain, but not the name itself. */
  readonly name: string
  readonly port: number
}

export interface Destination {
  /** A lower-case name, or an address without brackets. */
  readonly host: string
  readonly port: number
}

/**
 * The hosts of the usual package registries. Hosts that anybody can upload to (GitHub, storage buckets) are not
 * included.
 */
export const registries: ReadonlyArray<string> = [
  "registry.npmjs.org",
  "registry.yarnpkg.com",
  "repo.yarnpkg.com",
  "nodejs.org",
  "pypi.org",
  "files.pythonhosted.org",
  "proxy.golang.org",
  "sum.golang.org",
  "crates.io",
  "index.crates.io",
  "static.crates.io",
  "static.rust-lang.org",
  "rubygems.org",
  "index.rubygems.org",
  "repo.maven.apache.org",
  "repo1.maven.org",
  "plugins.gradle.org",
  "services.gradle.org",
  "api.nuget.org",
  "repo.packagist.org",
  "hex.pm",
  "repo.hex.pm",
  "deb.debian.org",
  "security.debian.org",
  "dl-cdn.alpinelinux.org"
]

const normal = (name: string): string => name.trim().toLowerCase().replace(/\.$/, "")

const allowed = (domain: string): Allowed => {
  const [name = "", port = "443"] = domain.split(":")
  return { name: normal(name), port: Number(port) }
}

/**
 * The configured policy: the registries plus the domains of OPENTL_EGRESS_ALLOW (`name` or `name:port`), and those that
 * were granted to one session.
 */
export const make = (
  { egress, egressAllow }: Pick<AppConfigShape, "egress" | "egressAllow">,
  granted: ReadonlyArray<string> = []
): EgressPolicy => ({
  mode: egress,
  allow: [...registries, ...egressAllow, ...granted].map(allowed)
})

const covers = (host: string) => ({ name }: Allowed): boolean =>
  name.startsWith("*.") ? host.endsWith(name.slice(1)) && host.length >= name.length : host === name

/** Parses `host:port`, `1.2.3.4:port` or `[::1]:port`, as in CONNECT. */
export const parseAuthority = (authority: string): Destination | undefined => {
  const [, v6, name, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(authority) ?? []
  const host = normal(v6 ?? name ?? "")
  const port = Number(digits)
  return host !== "" && (v6 === undefined || isIPv6(v6)) && port >= 1 && port <= 65_535 ? { host, port } : undefined
}

/** Whether CONNECT to an authority is allowed; if not, a sentence for the client. */
export const decide = (policy: EgressPolicy, authority: string): Either.Either<Destination, string> => {
  const destination = parseAuthority(authority)
  if (destination === undefined) return Either.left(`"${authority.slice(0, 200)}" is not a host and a port`)
  const { host, port } = destination
  switch (policy.mode) {
    case "none":
      return Either.left("this sandbox has no network (OPENTL_EGRESS=none)")
    case "open":
      return Either.right(destination)
    case "allowlist": {
      const ports = policy.allow.filter(covers(host)).map((allowed) => allowed.port)
      if (ports.includes(port)) return Either.right(destination)
      return Either.left(
        ports.length === 0
          ? `${host} is not among the allowed domains (add it with OPENTL_EGRESS_ALLOW)`
          : `only port ${ports.join(", ")} of ${host} is allowed, not ${port}`
      )
    }
  }
}

const subnets = (type: "ipv4" | "ipv6", networks: ReadonlyArray<readonly [string, number]>): BlockList => {
  const list = new BlockList()
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, type)
  return list
}

/** Source: IANA's special-purpose address registry. */
const specialV4 = subnets("ipv4", [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3]
])

/**
 * The only allocated part of the address space, and within it the ranges that are not public or that embed an IPv4
 * address.
 */
const globalV6 = subnets("ipv6", [["2000::", 3]])
const specialV6 = subnets("ipv6", [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20]
])

/** Whether an address belongs to the public internet, and not to this host, its network or a tunnel into them. */
export const isPublicAddress = (address: string): boolean =>
  isIPv4(address)
    ? !specialV4.check(address, "ipv4")
    : isIPv6(address) && !address.includes("%") && globalV6.check(address, "ipv6") && !specialV6.check(address, "ipv6")
