/** Real git in directories of the test's own, and the services that speak to it. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { CommitId } from "../../src/domain/Ids.ts"
import { Repository } from "../../src/domain/Repository.ts"
import type { AppConfig, AppConfigShape } from "../../src/services/config/AppConfig.ts"
import * as Forges from "../../src/services/forge/Forges.ts"
import { Git } from "../../src/services/git/Git.ts"
import * as GitLocalForge from "../../src/services/git/GitLocalForge.ts"
import * as GitRepositories from "../../src/services/git/GitRepositories.ts"
import { Programs } from "../../src/services/programs/Programs.ts"
import { layerConfig } from "./TestConfig.ts"

const person = {
  GIT_AUTHOR_NAME: "A Person",
  GIT_AUTHOR_EMAIL: "person@example.com",
  GIT_COMMITTER_NAME: "A Person",
  GIT_COMMITTER_EMAIL: "person@example.com",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  LC_ALL: "C"
}

/** Runs git as a person does, with something on its standard input, and gives what it printed. */
export const feed = (
  directory: string,
  input: string,
  ...args: ReadonlyArray<string>
): Effect.Effect<string, never, CommandExecutor.CommandExecutor> =>
  Effect.gen(function*() {
    const command = Command.make("git", ...args).pipe(
      Command.workingDirectory(directory),
      Command.env(person),
      Command.feed(input),
      Command.stderr("inherit")
    )
    const process = yield* Command.start(command)
    const text = yield* process.stdout.pipe(Stream.decodeText(), Stream.mkString)
    const exitCode = yield* process.exitCode
    return exitCode === 0 ? text.trim() : yield* Effect.dieMessage(`git ${args.join(" ")} exited with ${exitCode}`)
  }).pipe(Effect.scoped, Effect.orDie)

/** Runs git as a person does, and gives what it printed. Its failure is the test's. */
export const git = (directory: string, ...args: ReadonlyArray<string>) => feed(directory, "", ...args)

export const temporary = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "opentl-git-test-" })
).pipe(Effect.orDie)

export type Files = Readonly<Record<string, string | Uint8Array>>

/** Writes files, and commits them on the branch that is checked out. */
export const commit = (directory: string, files: Files, message = "A commit") =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    for (const [name, content] of Object.entries(files)) {
      yield* fs.makeDirectory(path.dirname(`${directory}/${name}`), { recursive: true })
      const file = `${directory}/${name}`
      yield* typeof content === "string" ? fs.writeFileString(file, content) : fs.writeFile(file, content)
    }
    yield* git(directory, "add", "--all")
    yield* git(directory, "commit", "--quiet", "--message", message)
    return CommitId.make(yield* git(directory, "rev-parse", "HEAD"))
  }).pipe(Effect.orDie)

/** A repository with a working tree and a first commit on `main`. */
export const repository = (
  files: Files = { "README.md": "# Hello\n" },
  ...options: ReadonlyArray<string>
): Effect.Effect<string, never, Scope.Scope | CommandExecutor.CommandExecutor | FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const directory = yield* temporary
    yield* git(directory, "init", "--quiet", "--initial-branch=main", ...options)
    yield* commit(directory, files)
    return directory
  })

export const local = (path: string) => Repository.Local({ path })

export const commitOf = (directory: string, revision: string) =>
  Effect.orDie(Effect.flatMap(git(directory, "rev-parse", revision), Schema.decode(CommitId)))

/** Git, forges and repositories as the server has them. */
export const layerOn = <E, R>(config: Layer.Layer<AppConfig, E, R>, context = NodeContext.layer) =>
  GitRepositories.layer.pipe(
    Layer.provideMerge(Layer.provide(Forges.layer, GitLocalForge.layer)),
    Layer.provideMerge(Layer.provide(Git.layer, Programs.layerDirect)),
    Layer.provideMerge(config),
    Layer.provideMerge(context)
  )

/** The same on a data directory of the test's own. */
export const layer = (config: Partial<AppConfigShape> & Pick<AppConfigShape, "dataDir">) => layerOn(layerConfig(config))
