/**
 * What may be kept of an install of a commit's dependencies, by whose code decides what it gives. Where nothing of the
 * repository but the install inputs does, all of it may be kept for any commit with the same inputs. Pure.
 *
 * What is not understood counts as code: the lists here say what is known to be harmless, never what is known to be not.
 */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { InstallInputs } from "./InstallInputs.ts"

/**
 * - `none`: there is nothing to install.
 * - `whole`: what is installed follows from the inputs alone.
 * - `caches`: scripts run at the end of an install, which can be left out; the caches of the package managers follow from
 *   the inputs.
 * - `code`: the install itself runs what the repository has. Its caches hold for this one commit.
 */
export type InstallKind = "none" | "whole" | "caches" | "code"

const order = ["none", "whole", "caches", "code"] as const satisfies ReadonlyArray<InstallKind>

/** The one that permits less. */
const worst = (kinds: ReadonlyArray<InstallKind>): InstallKind =>
  kinds.reduce((one, other) => order.indexOf(one) < order.indexOf(other) ? other : one, "none")

/** What is known of a commit: its inputs, and the texts of those that `isRead` names. */
export interface InstallTree {
  readonly inputs: InstallInputs
  readonly texts: ReadonlyMap<string, string>
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1)

const read = new Set(["package.json", ".npmrc", ".yarnrc", ".yarnrc.yml", "pnpm-workspace.yaml"])
const readInRoot = new Set(["package-lock.json", "npm-shrinkwrap.json", "requirements.txt", "pyproject.toml", "go.mod"])

/** Whether the kind depends on a file's text. */
export const isRead = (path: string): boolean => read.has(baseName(path)) || readInRoot.has(path)

const json = Schema.decodeOption(Schema.parseJson(Schema.Unknown))

const field = (value: unknown, name: string): unknown =>
  Predicate.isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined

const entries = (value: unknown): ReadonlyArray<readonly [string, unknown]> =>
  Predicate.isRecord(value) ? Object.entries(value) : []

/** Scripts that package managers run by themselves. */
const lifecycle = /^(pre|post)?(install|prepare|pack)$|^prepublish(Only)?$|^dependencies$/

const dependencyLists = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const

/** Whether a dependency comes from a registry, or from a package of the workspace that is linked. */
const isFromRegistry = (spec: unknown): boolean =>
  typeof spec === "string" && /^(npm:[\w@./-]+@|workspace:|catalog:)?[\w ^~<>=|.*+-]*$/.test(spec) &&
  !spec.startsWith(".")

const kindOfManifest = (text: string | undefined): InstallKind => {
  const manifest = Option.getOrUndefined(json(text ?? ""))
  if (!Predicate.isRecord(manifest)) return "code"
  const specs = dependencyLists.flatMap((list) => entries(field(manifest, list))).map(([, spec]) => spec)
  if (specs.some((spec) => typeof spec !== "string" || /^(exec|portal):/.test(spec))) return "code"
  const runs = entries(field(manifest, "scripts")).some(([name]) => lifecycle.test(name))
  const builds = field(manifest, "dependenciesMeta") !== undefined || field(manifest, "pnpm") !== undefined
  return runs || builds || !specs.every(isFromRegistry) ? "caches" : "whole"
}

/** Settings of npm and pnpm that decide where packages come from and what is said, and nothing of the repository. */
const harmlessSetting =
  /^\s*([#;].*|((@[\w.-]+:)?registry|\/\/[^=]+|fund|audit|fetch-[\w-]+|save-exact|save-prefix|engine-strict|legacy-peer-deps|strict-peer-deps|strict-peer-dependencies|auto-install-peers|loglevel|progress|package-lock|prefer-offline|update-notifier|ignore-scripts)\s*=.*)?$/

const lineOf = (text: string): ReadonlyArray<string> => text.split(/\r?\n/)

/** The configuration of package managers: what can name a file of the repository that is run. */
const kindOfSettings = ([path, text]: readonly [string, string]): InstallKind => {
  switch (baseName(path)) {
    case ".npmrc":
      return lineOf(text).every((line) => harmlessSetting.test(line) && !line.includes("${")) ? "whole" : "code"
    case ".yarnrc":
    case ".yarnrc.yml":
      return /path|plugin|folder/i.test(text) ? "code" : "caches"
    case "pnpm-workspace.yaml":
      if (lineOf(text).every((line) => /^(packages:\s*|\s*-\s+[^:]*|\s*#.*|\s*)$/.test(line))) return "whole"
      return /pnpmfile|config/i.test(text) ? "code" : "caches"
    default:
      return "whole"
  }
}

/** npm's lock file says which packages have scripts of their own. They may look at the project. */
const kindOfNpmLock = (text: string | undefined): InstallKind => {
  const lock = Option.getOrUndefined(json(text ?? ""))
  const version = field(lock, "lockfileVersion")
  if (typeof version !== "number" || version < 2) return "caches"
  const packages = entries(field(lock, "packages"))
  const isElsewhere = (os: unknown) =>
    Array.isArray(os) && os.length > 0 && os.every((name) => name === "darwin" || name === "win32")
  const runsHere = (entry: unknown) => field(entry, "hasInstallScript") === true && !isElsewhere(field(entry, "os"))
  const isOfRepository = (entry: unknown) => {
    const from = field(entry, "resolved")
    return field(entry, "link") !== true && typeof from === "string" && !/^https?:/.test(from)
  }
  return packages.some(([, entry]) => runsHere(entry) || isOfRepository(entry)) ? "caches" : "whole"
}

const wantsPackages = (text: string | undefined): boolean => {
  const manifest = Option.getOrUndefined(json(text ?? ""))
  if (!Predicate.isRecord(manifest)) return true
  return [...dependencyLists, "workspaces"].some((list) => entries(field(manifest, list)).length > 0) ||
    Array.isArray(field(manifest, "workspaces"))
}

const kindOfNode = ({ inputs, texts }: InstallTree): InstallKind => {
  if (!inputs.has("package.json") || !wantsPackages(texts.get("package.json"))) return "none"
  const paths = Array.from(inputs.keys())
  if (paths.some((path) => /(^|\/)\.?pnpmfile\.[cm]?js$/.test(path))) return "code"
  // pnpm does not run the scripts of packages, from this version on
  const isQuietPnpm = /^pnpm@1\d/.test(
    String(field(Option.getOrUndefined(json(texts.get("package.json") ?? "")), "packageManager"))
  )
  const lock = inputs.has("pnpm-lock.yaml")
    ? (isQuietPnpm ? "whole" : "caches")
    : inputs.has("yarn.lock")
    ? "caches"
    : inputs.has("package-lock.json")
    ? kindOfNpmLock(texts.get("package-lock.json"))
    : inputs.has("npm-shrinkwrap.json")
    ? kindOfNpmLock(texts.get("npm-shrinkwrap.json"))
    : "caches"
  return worst([
    lock,
    ...paths.flatMap((path) => baseName(path) === "package.json" ? [kindOfManifest(texts.get(path))] : []),
    ...Array.from(texts, kindOfSettings),
    ...(paths.some((path) => baseName(path) === "binding.gyp") ? ["caches" as const] : [])
  ])
}

const pinned = /^[A-Za-z0-9][\w.-]*(\[[\w,. -]*\])?\s*===?\s*[\w.!+-]+\s*(;.*|\\)?$/
const named = /^[A-Za-z0-9][\w.-]*(\[[\w,. -]*\])?\s*([=<>!~]=?[^/\\@:]*)?(;.*|\\)?$/
const hashOrNote = /^(--hash=\w+:[0-9a-f]+\s*\\?|#.*|)$/

const kindOfPython = ({ inputs, texts }: InstallTree): InstallKind => {
  const project = /^\[(project|build-system|tool\.poetry)\]/m.test(texts.get("pyproject.toml") ?? "")
  if (inputs.has("uv.lock")) return "code"
  if (!inputs.has("requirements.txt")) return project ? "code" : "none"
  const lines = lineOf(texts.get("requirements.txt") ?? "").map((line) => line.replace(/\s#.*$/, "").trim())
  const are = (pattern: RegExp) => lines.every((line) => pattern.test(line) || hashOrNote.test(line))
  return are(pinned) ? "whole" : are(named) ? "caches" : "code"
}

/** Modules come from the proxy of modules, by their sums. */
const kindOfGo = ({ inputs, texts }: InstallTree): InstallKind =>
  inputs.has("go.mod") && /^\s*require\b/m.test(texts.get("go.mod") ?? "") ? "whole" : "none"

/** Whether it is a regular file: a link leads to what is no input. */
const isFile = (entry: string): boolean => entry.startsWith("100")

/** The kind of a commit's install, which follows from its inputs and from the shell lines of its configuration. */
export const kindOf = (tree: InstallTree, setup: ReadonlyArray<string> | undefined): InstallKind => {
  if (setup !== undefined) return setup.length === 0 ? "none" : "code"
  const kind = worst([kindOfNode(tree), kindOfPython(tree), kindOfGo(tree)])
  return kind !== "none" && !Array.from(tree.inputs.values()).every(isFile) ? "code" : kind
}
