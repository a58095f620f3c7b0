/**
 * Locates the files in the installed package that sandboxes need: the runtime files of every run (`dist/sandbox`) and
 * the image's Dockerfile (`sandbox/`). The package is found from this module's location, be that the bundle, the
 * library build or the source.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { execPath } from "node:process"
import * as WhileFresh from "../support/WhileFresh.ts"
import { SandboxUnavailable } from "./Sandbox.ts"

/** The file that starts a run. */
export const entrypoint = "entrypoint.sh"

/** The script that measures what a run uses of the disk. */
export const diskScript = "disk.sh"

/** The names of a container that has no network (`/etc/hosts`). */
export const hosts = "hosts"

export interface RuntimeFiles {
  /** The directory with the runtime files. */
  readonly directory: string
  readonly dockerfile: string
}

export class SandboxRuntime extends Context.Tag("opentl/services/sandbox/SandboxRuntime")<SandboxRuntime, {
  /** The directory with the runtime files. Checked on every use, so that a later build is noticed. */
  readonly directory: Effect.Effect<string, SandboxUnavailable>
  /** The names of the runtime files. */
  readonly files: Effect.Effect<ReadonlyArray<string>, SandboxUnavailable>
  /** The image's Dockerfile. */
  readonly dockerfile: Effect.Effect<string, SandboxUnavailable>
  /** The script that installs tools while the image is built; it is beside the Dockerfile. */
  readonly toolsScript: Effect.Effect<string, SandboxUnavailable>
  /** The Node binary that runs this program. */
  readonly node: string
}>() {
  /** The files of the installed package. */
  static readonly layer = Layer.suspend(() => layerOf(findPackage))

  /** Uses the given files instead. */
  static readonly layerFrom = (directories: RuntimeFiles) => layerOf(Effect.succeed(directories))
}

const missing = (what: string) =>
  new SandboxUnavailable({ reason: what, mend: "reinstall the package, or run `npm run build` in a checkout" })

const layerOf = <R>(locate: Effect.Effect<RuntimeFiles, SandboxUnavailable, R>) =>
  Layer.effect(
    SandboxRuntime,
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directories = yield* WhileFresh.once(locate)

      const isFile = (file: string) =>
        fs.stat(file).pipe(Effect.map((info) => info.type === "File"), Effect.orElseSucceed(() => false))

      const directory = Effect.tap(Effect.map(directories, (directories) => directories.directory), (directory) =>
        Effect.unlessEffect(
          missing(`the sandbox's runtime files are not in ${directory}`),
          isFile(path.join(directory, entrypoint))
        ))

      return SandboxRuntime.of({
        directory,
        files: Effect.flatMap(directory, (directory) =>
          fs.readDirectory(directory).pipe(
            Effect.flatMap(Effect.filter((name) =>
              isFile(path.join(directory, name))
            )),
            Effect.mapError((error) => missing(`the sandbox's runtime files cannot be read: ${error.message}`))
          )),
        dockerfile: Effect.tap(
          Effect.map(directories, (directories) => directories.dockerfile),
          (dockerfile) =>
            Effect.unlessEffect(missing(`the sandbox image's Dockerfile is not at ${dockerfile}`), isFile(dockerfile))
        ),
        toolsScript: Effect.tap(
          Effect.map(directories, ({ dockerfile }) => path.join(path.dirname(dockerfile), "tools.sh")),
          (script) => Effect.unlessEffect(missing(`the sandbox image's tools.sh is not at ${script}`), isFile(script))
        ),
        node: execPath
      })
    })
  )

const Manifest = Schema.parseJson(Schema.Struct({ name: Schema.Literal("opentl") }))

/** The nearest directory above this module that contains the package's manifest. */
const findPackage = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const here = yield* path.fromFileUrl(new URL(import.meta.url))
  const above = Arr.unfold(path.dirname(here), (directory) => {
    const parent = path.dirname(directory)
    return parent === directory ? Option.none() : Option.some([directory, parent] as const)
  })
  const root = yield* Effect.findFirst(
    above,
    (directory) =>
      fs.readFileString(path.join(directory, "package.json")).pipe(
        Effect.flatMap(Schema.decode(Manifest)),
        Effect.isSuccess
      )
  )
  return yield* Option.match(root, {
    onNone: () => missing(`the package's files were not found above ${here}`),
    onSome: (root) =>
      Effect.succeed<RuntimeFiles>({
        directory: path.join(root, "dist", "sandbox"),
        dockerfile: path.join(root, "sandbox", "Dockerfile")
      })
  })
}).pipe(Effect.catchTag("BadArgument", (error) => missing(error.message)))
