/**
 * What runs are given of a base's dependencies. They are installed once on the base commit, in a sandbox in which nothing
 * else runs: no code of an agent ever has a hand in what is kept.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Dependencies from "../../domain/Dependencies.ts"
import type { CommitId } from "../../domain/Ids.ts"
import { isInstallInput, mostInputs } from "../../domain/InstallInputs.ts"
import * as InstallKind from "../../domain/InstallKind.ts"
import { type Repository, show as showRepository } from "../../domain/Repository.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import * as CommitCache from "../../services/git/CommitCache.ts"
import { Repositories, type RepositoryFailure } from "../../services/git/Repositories.ts"
import { DependencyCache, type FailedInstalls } from "../../services/sandbox/DependencyCache.ts"
import { type InputFile, type RunId, Sandbox } from "../../services/sandbox/Sandbox.ts"
import { fingerprint } from "../../services/support/Fingerprint.ts"
import * as CheckRuns from "./CheckRuns.ts"
import { textFile } from "./InputFiles.ts"
import type { StepContext } from "./StepContext.ts"

/** What a run is given. */
export interface Given {
  readonly environment: Readonly<Record<string, string>>
  readonly inputs: ReadonlyArray<InputFile>
  /** The file with what the base's install has left. */
  readonly dependencies?: string
}

const nothing: Given = { environment: {}, inputs: [] }

/** In bytes: what a longer file says is not known. */
const longestFile = 16 * 1024 ** 2

/** The most files that are read to find out what may be kept. */
const mostRead = 500

/** Of how many bases the files that decide what is installed are kept. */
const keptBases = 8

/** What sessions on one base have in common. */
export interface Base {
  readonly repo: Repository
  readonly commit: CommitId
  readonly setup: ReadonlyArray<string> | undefined
}

interface Snapshot {
  readonly key: string
  readonly source: Dependencies.SnapshotSource
}

/** What a cache cannot give is only missed. */
const missed = <B>(otherwise: B) => <A, E extends { readonly message: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.catchAll(
    effect,
    (error) => Effect.as(Effect.logWarning(`the cache of dependencies is not used: ${error.message}`), otherwise)
  )

/** Installs that are known to fail, and what they said. */
const failedFiles = (installs: FailedInstalls): ReadonlyArray<InputFile> => [
  textFile("in/failed-installs", installs.map(({ exitCode, run }) => `${exitCode} ${run}\n`).join("")),
  textFile("in/failed-install.log", installs[0]?.tail ?? "")
]

export const make = Effect.gen(function*() {
  const { verifyTimeout } = yield* AppConfig
  const cache = yield* DependencyCache
  const repositories = yield* Repositories
  const run = yield* CheckRuns.make
  const sandbox = yield* Sandbox

  const inputsOf = (repo: Repository, commit: CommitId) =>
    repositories.treeEntries(repo, commit, isInstallInput, mostInputs)
  const inputsOfBase = yield* CommitCache.make(keptBases, inputsOf)

  /** What is kept for a base; none where nothing is. */
  const snapshotOf = Effect.fnUntraced(function*(base: Base) {
    if (sandbox.takeDependencies === undefined || Option.isNone(cache.limit)) return Option.none<Snapshot>()
    const inputs = yield* inputsOfBase(base.repo, base.commit)
    const read = Array.from(inputs.keys()).filter(InstallKind.isRead)
    if (inputs.size > mostInputs || read.length > mostRead) return Option.none<Snapshot>()
    const texts = read.length === 0
      ? new Map<string, string>()
      : yield* repositories.files(base.repo, base.commit, read, longestFile)
    const kind = InstallKind.kindOf({ inputs, texts }, base.setup)
    if (kind === "none") return Option.none<Snapshot>()
    const source = {
      repo: showRepository(base.repo),
      sandbox: yield* sandbox.identity,
      setup: base.setup,
      base: base.commit,
      inputs,
      kind
    }
    return Option.some<Snapshot>({ key: fingerprint(Dependencies.keyOf(source)), source })
  }, missed(Option.none<Snapshot>()))

  /** What a run on a commit is given, as things are now. */
  const givenTo = Effect.fnUntraced(function*(
    base: Base,
    { key, source }: Snapshot,
    commit: CommitId
  ): Effect.fn.Return<Given, RepositoryFailure> {
    const target = { commit, inputs: commit === base.commit ? source.inputs : yield* inputsOf(base.repo, commit) }
    const file = yield* cache.find(key)
    if (Option.isSome(file)) {
      const environment = { OPENTL_DEPENDENCIES: Dependencies.useOf(source, target) }
      return { ...nothing, environment, dependencies: file.value }
    }
    const failed = Option.getOrElse(yield* cache.failure(key), () => [])
    return failed.length > 0 && Dependencies.sharesFailure(source, target)
      ? { ...nothing, inputs: failedFiles(failed) }
      : nothing
  }, missed(nothing))

  /** Installs on the base, and keeps what that has left. */
  const makeSnapshot = Effect.fnUntraced(
    function*(context: StepContext, at: RunId, base: Base, { key, source }: Snapshot) {
      const installing: RunId = { ...at, checks: "dependencies" }
      const { installs } = yield* run(context, installing, {
        commit: base.commit,
        commands: [],
        setup: base.setup,
        atMost: verifyTimeout,
        given: { ...nothing, environment: { OPENTL_PACK_DEPENDENCIES: Dependencies.contentOf(source.kind) } }
      })
      // a limit of the sandbox has no command: that is not the same for another commit
      yield* cache.hasFailed(key, installs.filter(({ run }) => run !== ""))
      if (installs.length > 0 || sandbox.takeDependencies === undefined) return
      const taken = yield* sandbox.takeDependencies(installing, Option.getOrElse(cache.limit, () => 0))
      if (Option.isSome(taken)) yield* cache.keep(key, taken.value)
    },
    Effect.scoped,
    // its container goes with those of the checks: until then it is found after a restart
    (effect, _context, _at, _base, { key }) =>
      Effect.catchAll(effect, (error) =>
        Effect.zipRight(
          Effect.logWarning(`the dependencies of a base are not kept: ${error.message}`),
          cache.hasFailed(key, [])
        ))
  )

  return {
    /** What a round is given: what is there by now. */
    ofRound: Effect.fn("Dependencies.ofRound")(
      function*(base: Base, commit: CommitId) {
        const snapshot = yield* snapshotOf(base)
        return Option.isNone(snapshot) ? nothing : yield* givenTo(base, snapshot.value, commit)
      }
    ),
    /**
     * What runs of checks are given, by their commit, and the installs that are known to fail on the base. What is not there
     * yet is made first, once for all sessions that wait for it.
     */
    ofChecks: Effect.fn("Dependencies.ofChecks")(function*(context: StepContext, at: RunId, base: Base) {
      const snapshot = yield* snapshotOf(base)
      if (Option.isNone(snapshot)) return { givenTo: () => Effect.succeed(nothing), failed: [] }
      const { key } = snapshot.value
      const isKnown = Effect.zipWith(
        cache.find(key),
        cache.failure(key),
        (file, failure) => Option.isSome(file) || Option.isSome(failure)
      )
      // after a restart the checks may be running already
      if (!(yield* sandbox.exists({ ...at, checks: "head" }))) {
        yield* cache.locked(key)(Effect.unlessEffect(makeSnapshot(context, at, base, snapshot.value), isKnown))
      }
      return {
        givenTo: (commit: CommitId) => givenTo(base, snapshot.value, commit),
        failed: Option.getOrElse(yield* cache.failure(key), (): FailedInstalls => [])
      }
    })
  }
})
