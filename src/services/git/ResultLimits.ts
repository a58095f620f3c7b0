/** The limits of a sandbox's result. A result that exceeds one is rejected with a sentence, and the turn ends. */

const mebibyte = 1024 * 1024

/** If the base itself exceeds a limit (files, depth), its descendants may, too: large repositories work. */
export const resultLimits = {
  /** The bundle file, in bytes. */
  bundle: 1024 * mebibyte,
  /** Objects in the bundle's pack. */
  objects: 500_000,
  /** The agent's commits. */
  commits: 5_000,
  /** Files and directories in addition to those of the base commit. */
  entries: 200_000,
  /** Files that differ from the base commit. */
  changes: 100_000,
  /** Nested directories. */
  depth: 100,
  /** A path and a file name, in bytes: Linux's limits. */
  path: 4_095,
  name: 255,
  /** A symbolic link's target, in bytes. */
  link: 4_095,
  /** A changed file, and all of them together, in bytes. GitHub accepts no larger file either. */
  file: 100 * mebibyte,
  changed: 512 * mebibyte
} as const

export type ResultLimits = { readonly [Name in keyof typeof resultLimits]: number }
