/** The planner's overview of a repository: its files, its readme and the files that say how it is built. Pure. */
import * as Arr from "effect/Array"
import { excerpt } from "../support/Excerpt.ts"

const readme = /^(docs\/)?readme(\.(md|markdown|rst|adoc|txt))?$/i

/**
 * In order of importance. Only those in the root, which speak for the whole repository. The files with guidelines are
 * given to the planner by themselves (`BaseConfiguration`).
 */
const manifests = [
  "package.json",
  "pnpm-workspace.yaml",
  "deno.json",
  "pyproject.toml",
  "Cargo.toml",
  "go.mod",
  "pom.xml",
  "build.gradle",
  "build.gradle.kts",
  "Gemfile",
  "composer.json",
  "mix.exs",
  "Makefile",
  "justfile"
]

/** The files worth reading, the readme first. */
export const keyFiles = (paths: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...paths.filter((path) => readme.test(path)).sort((a, b) => a.length - b.length).slice(0, 1),
  ...manifests.filter((name) => paths.includes(name))
]

const folded = (paths: ReadonlyArray<string>, depth: number): ReadonlyArray<string> => {
  const groups = Arr.groupBy(paths, (path) => {
    const parts = path.split("/")
    return parts.length <= depth ? path : `${parts.slice(0, depth).join("/")}/`
  })
  return Object.entries(groups).map(([name, { length }]) => name.endsWith("/") ? `${name} (${length} files)` : name)
}

/** The paths within `limit` characters: all if they fit, else with deep directories folded, else cut. */
export const fileList = (paths: ReadonlyArray<string>, limit: number): string => {
  for (const depth of [Infinity, 6, 5, 4, 3, 2]) {
    const text = folded(paths, depth).join("\n")
    if (text.length <= limit) return text
  }
  return excerpt(folded(paths, 1).join("\n"), limit)
}

export interface KeyFile {
  readonly path: string
  readonly text: string
}

/** Builds the overview within about `limit` characters: half for the file list, the rest for key files. */
export const overview = (paths: ReadonlyArray<string>, files: ReadonlyArray<KeyFile>, limit: number): string => {
  const listed = `Files (${paths.length}):\n${fileList(paths, Math.floor(limit / 2))}`
  const room = Math.max(0, limit - listed.length)
  const each = files.map(({ path, text }, i) =>
    `${path}:\n${excerpt(text.trim(), Math.floor(room / (i === 0 ? 2 : 8)))}`
  )
  return excerpt([listed, ...each].join("\n\n"), limit)
}
