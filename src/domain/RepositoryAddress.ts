/**
 * Addresses of repositories on a git server, as copied from a browser or a clone: `https://host/owner/name`,
 * `git@host:owner/name.git`, `ssh://git@host/owner/name.git`, `host/owner/name`.
 */
import * as Either from "effect/Either"

export interface RepositoryName {
  readonly owner: string
  readonly name: string
}

export interface RepositoryAddress {
  readonly transport: "web" | "ssh"
  /** Lower-case, with the port unless it is the transport's default. */
  readonly host: string
  /** The parts between slashes, without a final `.git`. */
  readonly path: ReadonlyArray<string>
}

/** GitHub's address, unless the configuration sets another. */
export const publicServer = "https://github.com"

const ownerPattern = /^[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}$/
const namePattern = /^(?!\.{1,2}$)(?!.*\.git$)[A-Za-z0-9._-]{1,100}$/

const nameOf = (parts: ReadonlyArray<string>): RepositoryName | undefined => {
  const [owner = "", name = "", ...rest] = parts
  return rest.length === 0 && ownerPattern.test(owner) && namePattern.test(name) ? { owner, name } : undefined
}

/** Reads `owner/name`. */
export const readName = (text: string): RepositoryName | undefined => nameOf(text.split("/"))

const url = /^[a-z][a-z0-9+.-]*:\/\//i
/** `user@host:path`, in scp's syntax. */
const scp = /^(?:(?<user>[^\s@/:]+)@)?(?<host>[a-z0-9][a-z0-9.-]*):(?<path>[^\s:@]+)$/i
/** `host/owner/name`: a host contains a dot, an owner does not. */
const bare = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?\/[^\s]+$/i

/** Whether a text is meant as an address. `owner/name` and paths are not addresses. */
export const isAddress = (text: string): boolean => url.test(text) || scp.test(text) || bare.test(text)

/** The text without a user and password. */
export const withoutCredentials = (text: string): string =>
  text.replace(/\/\/(?!git@)[^/\s]*@/g, "//…@").replace(/^(?!git@)[^\s/@]+@/, "…@")

const pathOf = (path: string): ReadonlyArray<string> => {
  const parts = path.replace(/\/$/, "").replace(/^\//, "").split("/")
  return [...parts.slice(0, -1), ...parts.slice(-1).map((name) => name.replace(/\.git$/i, ""))]
}

const parseSsh = (user: string, host: string, path: string): Either.Either<RepositoryAddress, string> =>
  user === "" || user === "git"
    ? complete({ transport: "ssh", host: host.toLowerCase(), path: pathOf(path) })
    : Either.left("names a user other than git")

const complete = (address: RepositoryAddress): Either.Either<RepositoryAddress, string> =>
  nameOf(address.path.slice(-2)) === undefined
    ? Either.left("does not end in owner/name")
    : Either.right(address)

const tooLong = "contains more than a repository's name"

/** GitHub's SSH host for networks that block port 22. */
const aroundFirewalls = "ssh.github.com:443"

/** Parses an address. The error is phrased to follow the address in a sentence: "names the port 22". */
export const parse = (text: string): Either.Either<RepositoryAddress, string> => {
  const { host = "", path = "", user = "" } = url.test(text) ? {} : scp.exec(text)?.groups ?? {}
  const isPort = user === "" && /^\d+\/[^/]+\/[^/]/.test(path)
  if (host !== "" && !isPort) return parseSsh(user, host, path)
  const address = url.test(text) ? text : `https://${text}`
  if (!URL.canParse(address)) return Either.left("is not an address")
  const { hash, host: at, password, pathname, port, protocol, search, username } = new URL(address)
  if (search !== "" || hash !== "") return Either.left(tooLong)
  switch (protocol) {
    case "http:":
    case "https:":
      return username !== "" || password !== ""
        ? Either.left("contains a user or a password, which must be left out")
        : complete({ transport: "web", host: at.replace(/^www\./, ""), path: pathOf(pathname) })
    case "ssh:":
    case "git+ssh:":
      if (password !== "") return Either.left("contains a password, which must be left out")
      return at.toLowerCase() === aroundFirewalls
        ? parseSsh(username, "github.com", pathname)
        : port === "" || port === "22"
        ? parseSsh(username, at.replace(/:22$/, ""), pathname)
        : Either.left(`names the port ${port}`)
    default:
      return Either.left(`begins with ${protocol}//, which is not supported`)
  }
}

/** Whether the address is on that server. */
export const isOn = ({ host, transport }: RepositoryAddress, serverUrl: string): boolean => {
  const server = new URL(serverUrl)
  return host === (transport === "ssh" ? server.hostname : server.host)
}

/** The repository's name on that server, relative to the server's path; or what is wrong. */
export const nameOn = (address: RepositoryAddress, serverUrl: string): Either.Either<RepositoryName, string> => {
  const elsewhere = `is not on ${serverUrl}`
  if (!isOn(address, serverUrl)) return Either.left(elsewhere)
  const prefix = address.transport === "ssh"
    ? []
    : new URL(serverUrl).pathname.split("/").filter((part) => part !== "")
  return prefix.every((part, i) => address.path[i] === part)
    ? Either.fromNullable(nameOf(address.path.slice(prefix.length)), () => tooLong)
    : Either.left(elsewhere)
}

/** The address as stored until the server is known. */
export const show = ({ host, path, transport }: RepositoryAddress): string =>
  transport === "ssh" ? `git@${host}:${path.join("/")}.git` : `https://${host}/${path.join("/")}`
