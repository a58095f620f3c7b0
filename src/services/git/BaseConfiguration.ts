/**
 * What a repository asks of a session, as it stands on a commit: its configuration, and the files that tell people and
 * agents how to work on it. Read on the base commit, so that no change decides how it is judged.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { CommitId } from "../../domain/Ids.ts"
import type { Repository } from "../../domain/Repository.ts"
import * as RepositoryConfig from "../../domain/RepositoryConfig.ts"
import * as CommitCache from "./CommitCache.ts"
import { Repositories, type RepositoryFailure } from "./Repositories.ts"
import * as RepositoryConfigFile from "./RepositoryConfigFile.ts"

/** A file of the repository with guidelines. */
export interface Guideline {
  readonly path: string
  readonly text: string
}

export interface BaseConfiguration {
  /** Empty if there is none, or if it is wrong. */
  readonly config: RepositoryConfig.RepositoryConfig
  /** What is wrong with the configuration or is ignored in it, as one sentence. */
  readonly problem?: string
  readonly guidelines: ReadonlyArray<Guideline>
}

/** The first one that there is counts. */
const configFiles = [".opentl/config.yml", ".opentl/config.yaml"]

const guidelineFiles = ["AGENTS.md", "CLAUDE.md", "CONTRIBUTING.md"]

/** In characters: of one file, and of all together. */
const limits = { file: 16_000, all: 32_000 }

/** In bytes: enough for every limit. */
const readBytes = 4 * Math.max(limits.file, RepositoryConfigFile.longestFile) + 1

/** The head of a text, and that it goes on. */
const cut = (text: string, limit: number): string =>
  text.length <= limit
    ? text
    : `${text.slice(0, limit).replace(/[\uD800-\uDBFF]$/, "")}\n[… the rest of this file is left out …]`

/** Each distinct text once: one file is often a copy of another. */
const guidelinesIn = (files: ReadonlyMap<string, string>): ReadonlyArray<Guideline> => {
  const guidelines: Array<Guideline> = []
  const texts = new Set<string>()
  let room = limits.all
  for (const path of guidelineFiles) {
    const text = files.get(path)?.trim() ?? ""
    if (text === "" || texts.has(text)) continue
    texts.add(text)
    const limit = Math.min(limits.file, room)
    guidelines.push({ path, text: cut(text, limit) })
    room -= Math.min(text.length, limit)
  }
  return guidelines
}

/** `.opentl/config.yml`, or what is wrong with it. */
const configurationIn = (
  files: ReadonlyMap<string, string>
): Effect.Effect<Pick<BaseConfiguration, "config" | "problem">> => {
  const [path] = configFiles.filter((path) => files.has(path))
  if (path === undefined) return Effect.succeed({ config: RepositoryConfig.empty })
  return RepositoryConfigFile.read(path, files.get(path) ?? "").pipe(
    Effect.map(({ config, ignored }) => ignored === undefined ? { config } : { config, problem: ignored }),
    Effect.catchTag(
      "RepositoryConfigInvalid",
      ({ message }) => Effect.succeed({ config: RepositoryConfig.empty, problem: message })
    )
  )
}

export const make = Effect.gen(function*() {
  const repositories = yield* Repositories
  return Effect.fn("BaseConfiguration.read")(
    function*(repo: Repository, commit: CommitId): Effect.fn.Return<BaseConfiguration, RepositoryFailure> {
      const files = yield* repositories.files(repo, commit, [...configFiles, ...guidelineFiles], readBytes)
      return { ...(yield* configurationIn(files)), guidelines: guidelinesIn(files) }
    }
  )
})

/** How many commits are kept: a few files of limited size each, as many as sessions may be at work at once. */
const keptCommits = 64

/** The same, read once for all steps of all sessions. */
export class BaseConfigurations
  extends Context.Tag("opentl/services/git/BaseConfiguration/BaseConfigurations")<BaseConfigurations, {
    readonly read: CommitCache.ReadCommit<BaseConfiguration>
  }>()
{
  static readonly layer = Layer.effect(
    BaseConfigurations,
    Effect.flatMap(make, (read) => Effect.map(CommitCache.make(keptCommits, read), (read) => ({ read })))
  )
}
