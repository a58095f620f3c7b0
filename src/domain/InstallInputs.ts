/** The files of a commit that decide what an install of its dependencies gives. Pure. */
import { isPackageFile } from "./CommittedPackages.ts"

/** The install inputs of a commit: by path, the mode and the object's id, as git tells them. */
export type InstallInputs = ReadonlyMap<string, string>

/** Names in any directory: a monorepo has many of them. */
const names: ReadonlyArray<RegExp> = [
  /^(package|package-lock|npm-shrinkwrap)\.json$/,
  /^pnpm-(lock|workspace)\.yaml$/,
  /^yarn\.lock$/,
  /^\.yarnrc(\.yml)?$/,
  /^\.npmrc$/,
  /^\.?pnpmfile\.[cm]?js$/,
  /^\.pnp\.c?js$/,
  /^bun\.lockb?$/,
  /^bunfig\.toml$/,
  /^binding\.gyp$/,
  /requirements.*\.(txt|in)$/,
  /constraints.*\.txt$/,
  /^(pyproject|uv)\.toml$/,
  /^setup\.(py|cfg)$/,
  /^MANIFEST\.in$/,
  /^Pipfile(\.lock)?$/,
  /^(poetry|uv|pdm)\.lock$/,
  /^pip\.conf$/,
  /^go\.(mod|sum|work|work\.sum)$/,
  /^Cargo\.(toml|lock)$/,
  /^\.(nvmrc|node-version|python-version|tool-versions|corepack\.env)$/
]

/** Directories whose files all count. */
const directories = /(^|\/)(patches|requirements|\.yarn|\.cargo)\//

export const isInstallInput = (path: string): boolean => {
  const name = path.slice(path.lastIndexOf("/") + 1)
  // some installs keep what is there already
  return names.some((pattern) => pattern.test(name)) || directories.test(path) || isPackageFile(path)
}

/** The most inputs of a commit. What has more is installed anew each time. */
export const mostInputs = 5_000

/** Whether two commits have the same inputs. */
export const areEqual = (one: InstallInputs, other: InstallInputs): boolean =>
  one.size === other.size && Array.from(one).every(([path, entry]) => other.get(path) === entry)
