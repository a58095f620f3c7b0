// Where the project lies, and the files that a build is made of.

import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..")

export const inRoot = (...path) => join(root, ...path)

export const readJson = (path) => JSON.parse(readFileSync(path, "utf8"))

/** All files below a directory, sorted; none where it does not exist. */
export const filesBelow = (directory) =>
  existsSync(directory)
    ? readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .sort()
    : []

/** One hash over names and contents. */
export const hashFiles = (files) => {
  const hash = createHash("sha256")
  for (const file of files) hash.update(`${relative(root, file)}\0`).update(readFileSync(file)).update("\0")
  return hash.digest("hex")
}

/** What the build depends on. */
export const buildSources = () => [
  ...filesBelow(inRoot("src")),
  ...filesBelow(inRoot("sandbox")),
  ...filesBelow(inRoot("scripts/demo")),
  // the demo's model
  ...filesBelow(inRoot("test/standins/model")).filter((file) => !file.endsWith(".test.ts")),
  inRoot("test/support/Loopback.ts"),
  inRoot("package-lock.json"),
  inRoot("package.json"),
  inRoot("scripts/build.mjs"),
  inRoot("scripts/support/sqlite.mjs"),
  inRoot("tsconfig.json")
]

/** When this changes, `dist` is out of date. */
export const sourcesHash = () => hashFiles(buildSources())
