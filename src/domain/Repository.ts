/** What a session works on: a repository of the forge by its name, or a local git repository by its path. */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

export type Repository = Data.TaggedEnum<{
  GitHub: { readonly owner: string; readonly name: string }
  Local: { readonly path: string }
}>
export const Repository = Data.taggedEnum<Repository>()

export class InvalidRepository extends Schema.TaggedError<InvalidRepository>()("InvalidRepository", {
  input: Schema.String
}) {
  override get message() {
    return `"${this.input}" is not a repository: give owner/name (GitHub), or an absolute path or file:// URL of a local git repository`
  }
}

const ownerPattern = /^[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}$/
const namePattern = /^(?!\.{1,2}$)(?!.*\.git$)[A-Za-z0-9._-]{1,100}$/

const parseUrl = (input: string): URL | undefined => URL.canParse(input) ? new URL(input) : undefined

/**
 * Reads what a person may write for a repository.
 *
 * @example
 * parse("effect-ts/effect")        // GitHub
 * parse("file:///srv/git/app.git") // Local
 * parse("../..")                   // InvalidRepository: relative paths are made absolute by the CLI, where they mean something
 */
export const parse = (input: string): Either.Either<Repository, InvalidRepository> => {
  const text = input.trim()
  const invalid = () => Either.left(new InvalidRepository({ input: input.slice(0, 200) }))
  if (text.includes("\0") || text.length === 0 || text.length > 4096) return invalid()
  if (text.startsWith("file://")) {
    const url = parseUrl(text)
    if (url === undefined || (url.hostname !== "" && url.hostname !== "localhost")) return invalid()
    return Either.match(Either.try(() => decodeURIComponent(url.pathname)), {
      onLeft: invalid,
      onRight: (path) => localPath(path) ?? invalid()
    })
  }
  if (text.startsWith("/")) return localPath(text) ?? invalid()
  const [owner, name, ...rest] = text.split("/")
  if (owner === undefined || name === undefined || rest.length > 0) return invalid()
  return ownerPattern.test(owner) && namePattern.test(name)
    ? Either.right(Repository.GitHub({ owner, name }))
    : invalid()
}

const localPath = (path: string): Either.Either<Repository> | undefined => {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".")
  if (parts.length === 0 || parts.includes("..") || path.includes("\0")) return undefined
  return Either.right(Repository.Local({ path: `/${parts.join("/")}` }))
}

/** The one spelling under which a repository is stored and shown. */
export const show: (repository: Repository) => string = Repository.$match({
  GitHub: ({ name, owner }) => `${owner}/${name}`,
  Local: ({ path }) => path
})

/** The repository as a schema over its spelling. */
export const RepositoryFromString: Schema.Schema<Repository, string> = Schema.transformOrFail(
  Schema.String,
  Schema.declare((u): u is Repository => Repository.$is("GitHub")(u) || Repository.$is("Local")(u)),
  {
    strict: true,
    decode: (input, _, ast) => Either.mapLeft(parse(input), (error) => new ParseResult.Type(ast, input, error.message)),
    encode: (repository) => ParseResult.succeed(show(repository))
  }
)
