/**
 * Packages of the npm registry for the sandbox image, installed by this machine's npm into a directory that becomes a part of
 * the build's context. npm knows the registry and the proxy that this machine must use; a build container may have no
 * network. No code of a package is run.
 */
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TarEntry } from "./Tar.ts"

/** The packages cannot be installed. */
export class PackagesUnavailable extends Schema.TaggedError<PackagesUnavailable>()("PackagesUnavailable", {
  packages: Schema.Array(Schema.String),
  reason: Schema.String
}) {
  override get message() {
    return `${this.packages.join(" and ")} cannot be installed by npm: ${this.reason}`
  }
}

/** The engine's processor, as npm names it. */
export type Cpu = "x64" | "arm64"

export interface PackagesWanted {
  /** `name@version` */
  readonly packages: ReadonlyArray<string>
  readonly cpu: Cpu
  /** An existing directory. */
  readonly directory: string
}

const longestReason = 600

/** What npm said of an error, without where in npm it happened. */
export const reasonOf = (said: string): string =>
  said.split("\n")
    .filter((line) => /^npm (error|ERR!)/.test(line))
    .map((line) => line.replace(/^npm (error|ERR!)\s*/, ""))
    .filter((line) => line !== "" && !/^(at |A complete log|\{|\}|errno:|type:)/.test(line))
    .join(" ")
    .slice(0, longestReason) || "npm gave no reason"

/** Runs a program of this machine to its end: its exit code, and what it wrote to stderr. */
export const runToEnd = Effect.fnUntraced(function*(command: Command.Command) {
  const executor = yield* CommandExecutor.CommandExecutor
  const process = yield* executor.start(Command.stdin(command, Stream.empty))
  const [said, , code] = yield* Effect.all([
    process.stderr.pipe(Stream.decodeText(), Stream.mkString),
    Stream.runDrain(process.stdout),
    process.exitCode
  ], { concurrency: "unbounded" })
  return { code: Number(code), said }
}, Effect.scoped)

/** Installs the packages below `node_modules` of the directory. */
export const install = Effect.fn("ImagePackages.install")(
  function*({ cpu, directory, packages }: PackagesWanted) {
    const failed = (reason: string) => new PackagesUnavailable({ packages, reason })
    const command = Command.make(
      "npm",
      "install",
      ...["--prefix", directory, "--os", "linux", "--cpu", cpu, "--libc", "glibc"],
      ...["--ignore-scripts", "--omit", "dev", "--no-audit", "--no-fund", "--no-save", "--no-progress"],
      ...packages
    ).pipe(Command.workingDirectory(directory))
    const { code, said } = yield* Effect.mapError(runToEnd(command), (error) => failed(error.message))
    if (code !== 0) return yield* failed(reasonOf(said))
  }
)

/** The regular files below a directory as entries below a path of the archive. Links are left out. */
export const entriesBelow = Effect.fn("ImagePackages.entriesBelow")(function*(directory: string, below: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = [...yield* fs.readDirectory(directory, { recursive: true })].sort()
  const entries = yield* Effect.forEach(names, (name) =>
    Effect.gen(function*() {
      const source = path.join(directory, name)
      // a link can be read as one
      if (yield* Effect.isSuccess(fs.readLink(source))) return []
      const { mode, type } = yield* fs.stat(source)
      const to = `${below}/${name.split(path.sep).join("/")}`
      if (type === "Directory") return [TarEntry.Directory({ path: to, mode: 0o755, owner: 0 })]
      if (type !== "File") return []
      return [TarEntry.File({ path: to, mode: (mode & 0o111) === 0 ? 0o644 : 0o755, owner: 0, source })]
    }), { concurrency: 16 })
  return entries.flat()
})
