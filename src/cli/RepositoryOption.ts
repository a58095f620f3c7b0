/**
 * Which repository a command uses: the one given by `--repo`, else the GitHub remote of the clone in the current
 * directory.
 */
import * as PlatformCommand from "@effect/platform/Command"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Repository from "../domain/Repository.ts"
import * as ConfigSource from "../services/config/ConfigSource.ts"
import { variables } from "../services/config/ConfigVariables.ts"
import { UsageError } from "./Failure.ts"
import { StartFailed } from "./Program.ts"
import { Stdio } from "./terminal/Stdio.ts"

/** A relative path is meaningful only here, so it is made absolute. Other spellings are left to the domain. */
export const given = (repo: string) =>
  Effect.map(Path.Path, (path) => /^\.\.?(\/|$)/.test(repo) ? path.resolve(repo) : repo)

export interface Remote {
  readonly name: string
  readonly repo: string
}

/** A remote's URL may contain a token, so only the repository's name is taken from it. */
const withoutUser = (url: string): string => url.replace(/^(https?:\/\/)[^/@]*@/i, "$1")

/** The GitHub repositories among a clone's remotes, from the output of `git remote --verbose`. */
export const gitHubRemotes = (listing: string, serverUrl: string): ReadonlyArray<Remote> =>
  listing.split("\n").flatMap((line) => {
    const [, name, url] = /^(\S+)\t(.*) \(fetch\)$/.exec(line) ?? []
    return name === undefined || url === undefined
      ? []
      : Either.match(Repository.parse(withoutUser(url), serverUrl), {
        onLeft: () => [],
        onRight: (repository) => repository._tag === "GitHub" ? [{ name, repo: Repository.show(repository) }] : []
      })
  })

/** `origin` if it is on GitHub, else the one repository that all others agree on. */
export const choose = (remotes: ReadonlyArray<Remote>): Remote | undefined =>
  remotes.find(({ name }) => name === "origin") ??
    (new Set(remotes.map(({ repo }) => repo)).size === 1 ? remotes[0] : undefined)

const git = (...args: ReadonlyArray<string>) =>
  PlatformCommand.string(PlatformCommand.make("git", ...args)).pipe(
    Effect.map((output) => output.trim()),
    Effect.orElseSucceed(() => "")
  )

export const gitHubServer = ConfigSource.texts.pipe(
  Effect.flatMap((texts) => ConfigSource.required(texts, variables.githubServerUrl)),
  Effect.mapError((error) => new StartFailed({ reason: error.message }))
)

const missing = "--repo is missing: give owner/name (on GitHub), or the path of a local git repository"

/**
 * The GitHub repository that this directory is a clone of; printed on standard error. A local repository without one
 * must be named (`--repo .`): a remote says where the result should go, a directory alone does not.
 */
export const ofClone = Effect.gen(function*() {
  const stdio = yield* Stdio
  if ((yield* git("rev-parse", "--git-dir")) === "") return yield* new UsageError({ reason: missing })
  const remotes = gitHubRemotes(yield* git("remote", "--verbose"), yield* gitHubServer)
  const chosen = choose(remotes)
  if (chosen !== undefined) {
    yield* stdio.err(
      `repository: ${chosen.repo}, the remote ${chosen.name} of this clone (choose another with --repo)\n`
    )
    return chosen.repo
  }
  const candidates = remotes.map(({ name, repo }) => `--repo ${repo} (${name})`).join(" or ")
  return yield* new UsageError({
    reason: candidates === ""
      ? `${missing}; here: --repo . (this repository has no remote on GitHub)`
      : `--repo is missing, and this clone has several remotes on GitHub: give ${candidates}`
  })
})
