/** How much a sandbox's result may hold. Over a limit it is refused with a sentence, and the turn ends. */

const mebibyte = 1024 * 1024

/** What the base itself has more of (files, depth) is allowed to its descendants, too: large repositories work. */
export const resultLimits = {
  /** The bundle file, in bytes. */
  bundle: 1024 * mebibyte,
  /** Objects in the bundle's pack. */
  objects: 500_000,
  /** Commits of the agent's own. */
  commits: 5_000,
  /** Files and directories more than the commit has that it builds upon. */
  entries: 200_000,
  /** Files that differ from that commit. */
  changes: 100_000,
  /** Directories inside each other. */
  depth: 100,
  /** A path and a file's name, in bytes: what Linux takes. */
  path: 4_095,
  name: 255,
  /** What a symbolic link names, in bytes. */
  link: 4_095,
  /** A changed file, and all of them together, in bytes. GitHub takes no larger file either. */
  file: 100 * mebibyte,
  changed: 512 * mebibyte
} as const

export type ResultLimits = { readonly [Name in keyof typeof resultLimits]: number }
