/** What a session works on: a repository of the forge by name, or a local git repository by path. */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Address from "./RepositoryAddress.ts"

export type Repository = Data.TaggedEnum<{
  GitHub: { readonly owner: string; readonly name: string }
  Local: { readonly path: string }
}>
export const Repository = Data.taggedEnum<Repository>()

/**
 * What a caller may give: a repository, or an address on a host that may be GitHub's (an enterprise server); only the
 * configuration knows. `resolve` turns it into a repository.
 */
export type RepositoryReference = Data.TaggedEnum<{
  GitHub: { readonly owner: string; readonly name: string }
  Local: { readonly path: string }
  Remote: { readonly address: string }
}>
export const RepositoryReference = Data.taggedEnum<RepositoryReference>()

/** The input does not name a repository. `input` leaves out a password in an address. */
export class InvalidRepository extends Schema.TaggedError<InvalidRepository>()("InvalidRepository", {
  input: Schema.String,
  /** What is wrong, phrased to follow the input; absent if it simply is not a repository. */
  reason: Schema.optional(Schema.String)
}) {
  override get message() {
    return `"${this.input}" ${this.reason ?? "is not a repository"}: give owner/name or a URL on GitHub ` +
      "(https://github.com/owner/name, git@github.com:owner/name.git), or an absolute path or file:// URL of a local git repository"
  }
}

const invalidRepository = (input: string, reason?: string) =>
  new InvalidRepository({
    input: Address.withoutCredentials(input).slice(0, 200),
    ...(reason === undefined ? {} : { reason })
  })
const invalid = (input: string, reason?: string) => Either.left(invalidRepository(input, reason))

/** Reads a repository as a person may write it, whatever the GitHub server is. */
export const parseReference = (input: string): Either.Either<RepositoryReference, InvalidRepository> => {
  const text = input.trim()
  if (text.includes("\0") || text.length === 0 || text.length > 4096) return invalid(input)
  if (/^file:\/\//i.test(text)) return known(input, fileUrl(text))
  if (text.startsWith("/")) return known(input, localPath(text))
  if (Address.isAddress(text)) {
    return Either.mapLeft(Either.flatMap(Address.parse(text), reference), (reason) => invalidRepository(input, reason))
  }
  const name = Address.readName(text)
  return known(input, name && Repository.GitHub(name))
}

/**
 * An address on github.com names a repository under any configuration; for other hosts, only the configuration can
 * tell.
 */
const reference = (address: Address.RepositoryAddress): Either.Either<RepositoryReference, string> =>
  Address.isOn(address, Address.publicServer)
    ? Either.map(Address.nameOn(address, Address.publicServer), Repository.GitHub)
    : Either.right(RepositoryReference.Remote({ address: Address.show(address) }))

const known = (input: string, repository: Repository | undefined): Either.Either<Repository, InvalidRepository> =>
  repository === undefined ? invalid(input) : Either.right(repository)

/** Resolves a reference, given GitHub's address `serverUrl` (GITHUB_SERVER_URL). Addresses on other servers fail. */
export const resolve = (
  reference: RepositoryReference,
  serverUrl: string
): Either.Either<Repository, InvalidRepository> => {
  if (reference._tag !== "Remote") return Either.right(reference)
  return Either.flatMap(Address.parse(reference.address), (address) => Address.nameOn(address, serverUrl)).pipe(
    Either.mapBoth({
      onLeft: (reason) => invalidRepository(reference.address, reason),
      onRight: Repository.GitHub
    })
  )
}

/**
 * Reads a repository as a person may write it. Accepts addresses on github.com and on `serverUrl`.
 *
 * @example
 * parse("effect-ts/effect")                    // GitHub
 * parse("https://github.com/effect-ts/effect") // GitHub
 * parse("git@github.com:effect-ts/effect.git") // GitHub
 * parse("file:///srv/git/app.git")             // Local
 * parse("../..")                               // InvalidRepository: the CLI makes relative paths absolute first
 */
export const parse = (
  input: string,
  serverUrl: string = Address.publicServer
): Either.Either<Repository, InvalidRepository> =>
  Either.flatMap(parseReference(input), (reference) => resolve(reference, serverUrl))

const fileUrl = (text: string): Repository | undefined => {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.hostname !== "" && url.hostname !== "localhost") return undefined
  return Either.match(Either.try(() => decodeURIComponent(url.pathname)), {
    onLeft: () => undefined,
    onRight: localPath
  })
}

const localPath = (path: string): Repository | undefined => {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".")
  return parts.length === 0 || parts.includes("..") || path.includes("\0")
    ? undefined
    : Repository.Local({ path: `/${parts.join("/")}` })
}

/** The canonical spelling, under which a repository is stored and shown. */
export const show: (reference: RepositoryReference) => string = RepositoryReference.$match({
  GitHub: ({ name, owner }) => `${owner}/${name}`,
  Local: ({ path }) => path,
  Remote: ({ address }) => address
})

const isRepository = (u: unknown): u is Repository => Repository.$is("GitHub")(u) || Repository.$is("Local")(u)
const isReference = (u: unknown): u is RepositoryReference => isRepository(u) || RepositoryReference.$is("Remote")(u)

/** A schema from the canonical spelling to the repository. */
export const RepositoryFromString: Schema.Schema<Repository, string> = Schema.transformOrFail(
  Schema.String,
  Schema.declare(isRepository, {
    arbitrary: () => (check) => {
      const name = check.stringMatching(/^[a-z][a-z0-9]{0,9}$/)
      return check.oneof(
        check.record({ owner: name, name }).map(Repository.GitHub),
        check.array(name, { minLength: 1, maxLength: 4 }).map((parts) =>
          Repository.Local({ path: `/${parts.join("/")}` })
        )
      )
    }
  }),
  {
    strict: true,
    decode: (input, _, ast) => Either.mapLeft(parse(input), (error) => new ParseResult.Type(ast, input, error.message)),
    encode: (repository) => ParseResult.succeed(show(repository))
  }
)

/** A schema from what a caller wrote to a reference. */
export const RepositoryReferenceFromString: Schema.Schema<RepositoryReference, string> = Schema.transformOrFail(
  Schema.String,
  Schema.declare(isReference),
  {
    strict: true,
    decode: (input, _, ast) =>
      Either.mapLeft(parseReference(input), (error) => new ParseResult.Type(ast, input, error.message)),
    encode: (reference) => ParseResult.succeed(show(reference))
  }
)
