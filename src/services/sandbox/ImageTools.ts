/**
 * Tools for development in the sandbox's image, which `sandbox/tools.sh` installs while it is built: python and go from the base's
 * packages. uv is in few distributions: this machine's pip fetches it, which knows the index and the proxy that this machine
 * must use, and it becomes a part of the build's context.
 */
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import { type Cpu, runToEnd } from "./ImagePackages.ts"
import { TarEntry } from "./Tar.ts"

export type ToolName = "python" | "uv" | "go"

/** In the order in which they are offered; the sizes are what they add to an image of Debian. */
export const tools: ReadonlyArray<{ readonly name: ToolName; readonly is: string; readonly megabytes: number }> = [
  { name: "python", is: "python3 with venv and pip", megabytes: 65 },
  { name: "uv", is: "uv", megabytes: 60 },
  { name: "go", is: "go", megabytes: 460 }
]

/** The tools of an image for which none are named: they are left out where they cannot be had. */
export const usualTools: ReadonlyArray<ToolName> = ["python", "uv"]

export interface ToolsWanted {
  readonly names: ReadonlyArray<ToolName>
  /** Whether the build fails if one cannot be had. */
  readonly required: boolean
}

/** uv cannot be fetched. */
export class ToolUnavailable extends Schema.TaggedError<ToolUnavailable>()("ToolUnavailable", {
  reason: Schema.String
}) {
  override get message() {
    return `uv cannot be fetched by pip: ${this.reason} (name the index in PIP_INDEX_URL, or leave uv out with --tools)`
  }
}

const uv = "uv==0.13.8"

/** A program without a library of its own, for any distribution. */
const platforms: Readonly<Record<Cpu, string>> = { x64: "musllinux_1_1_x86_64", arm64: "musllinux_1_1_aarch64" }

/** The names of this machine's pip, the usual one first. */
const pips: ReadonlyArray<readonly [string, ...ReadonlyArray<string>]> = [["pip3"], ["pip"], ["python3", "-m", "pip"]]

const longestReason = 400

/** What pip said of an error. */
export const reasonOf = (said: string): string =>
  said.split("\n")
    .filter((line) => line.startsWith("ERROR: "))
    .map((line) => line.slice("ERROR: ".length))
    .join(" ")
    .slice(0, longestReason) || said.trim().split("\n").at(-1)?.slice(0, longestReason) || "pip gave no reason"

const fetchUv = Effect.fnUntraced(function*(directory: string, cpu: Cpu) {
  const found = yield* Effect.firstSuccessOf(pips.map(([program, ...before]) =>
    runToEnd(Command.make(
      program,
      ...before,
      "install",
      ...["--target", directory, "--platform", platforms[cpu], "--only-binary", ":all:", "--no-deps", "--no-compile"],
      ...["--no-input", "--disable-pip-version-check", "--quiet", "--retries", "1", uv]
    ))
  )).pipe(Effect.mapError(() => new ToolUnavailable({ reason: "there is no pip on this machine" })))
  if (found.code !== 0) return yield* new ToolUnavailable({ reason: reasonOf(found.said) })
})

/**
 * Everything of `tools/` in the context, and what there is to say. A tool that is not required, and that cannot be fetched, is
 * left out. Temporary files last as long as the scope.
 */
export const entries = Effect.fn("ImageTools.entries")(
  function*({ names, required }: ToolsWanted, script: string, cpu: Cpu) {
    const installer = [
      TarEntry.Directory({ path: "tools", mode: 0o755, owner: 0 }),
      TarEntry.File({ path: "tools/tools.sh", mode: 0o755, owner: 0, source: script })
    ]
    if (!names.includes("uv")) return { entries: installer, says: [] }
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-image-" })
    const fetched = yield* Effect.either(fetchUv(directory, cpu))
    if (Either.isLeft(fetched)) {
      if (required) return yield* fetched.left
      // where the base's packages have it, it comes from them
      return { entries: installer, says: [fetched.left.message] }
    }
    const program = TarEntry.File({
      path: "tools/uv",
      mode: 0o755,
      owner: 0,
      source: path.join(directory, "bin", "uv")
    })
    return { entries: [...installer, program], says: [] }
  }
)

/** The variables that tell programs of their proxy. The engine keeps none of them in the image. */
const proxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"] as const

/** The proxy of this machine, for the commands of the build; `hostNetwork` if only this machine reaches it. */
export const proxy = Effect.map(
  Config.all(Record.fromEntries(proxyVariables.map((name) =>
    [
      name,
      Config.option(Config.orElse(Config.nonEmptyString(name), () => Config.nonEmptyString(name.toLowerCase())))
    ] as const
  ))),
  (found) => {
    const set = Record.getSomes(found)
    const isHere = (text: string) => URL.canParse(text) && /^(localhost|127\..*|\[::1\])$/.test(new URL(text).hostname)
    return {
      arguments: Record.fromEntries(
        Object.entries(set).flatMap(([name, value]) => [[name, value], [name.toLowerCase(), value]] as const)
      ),
      hostNetwork: [set["HTTP_PROXY"], set["HTTPS_PROXY"]].some((text) => text !== undefined && isHere(text))
    }
  }
)

/** The line by which the build tells what the image has. */
const report = /^opentl\.tools(?: (.*))?$/

/** What a line of the build tells of the image's tools, as the label has it; none if it is another line. */
export const reported = (line: string): Option.Option<string> =>
  Option.map(
    Option.fromNullable(report.exec(line.trim())),
    ([, found = ""]) => found.replace(/[^A-Za-z0-9.+=_~ -]/g, "")
  )
