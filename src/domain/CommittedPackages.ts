/**
 * Installed packages that are committed. Programs are found in them by their names alone, before any others, so they decide
 * what a check runs, though nothing else of the change tells of them. Pure.
 */
import type { ChangedFile } from "./ChangedFile.ts"

/** Where package managers install. The last part may be a link to another place. */
const places = /(?:^|\/)(?:node_modules|\.?venv|site-packages|\.pnp\.[cm]?js)(?:\/|$)/

export const isPackageFile = (path: string): boolean => places.test(path)

/** One line for all of them. */
export const committedPackages = (
  changed: ReadonlyArray<ChangedFile>
): ReadonlyArray<{ readonly file: string; readonly what: string }> => {
  const [first, ...others] = changed.filter(({ path, status }) => status !== "deleted" && isPackageFile(path))
  return first === undefined ? [] : [{
    file: first.path,
    what: `installed packages are in the change: checks may run them in place of the registry's${
      others.length === 0 ? "" : ` (and ${others.length} more file${others.length === 1 ? "" : "s"} of them)`
    }`
  }]
}
