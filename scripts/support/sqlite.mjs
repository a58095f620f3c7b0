// In place of `better-sqlite3` in the bundled program and in the tests: the one that fits this node. Version 12 aborts node 24
// when a statement is collected as garbage (`RemoveEnvironmentCleanupHook`, "Assertion failed: (env) != nullptr"); version 13
// needs node 22. npm installs 13 (an optional dependency) where it fits. Goes when @effect/sql-sqlite-node asks for 13 itself
// and node 20 is let go.

import { createRequire } from "node:module"

const require = createRequire(import.meta.url)

const load = () => {
  // looking for what cannot be there takes 10 ms
  if (Number(process.versions.node.split(".")[0]) < 22) return require("better-sqlite3")
  try {
    return require("better-sqlite3-13")
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error
    return require("better-sqlite3")
  }
}

let loaded

/** Loaded by the first database: a client of a server imports this and opens none, and loading takes 15 ms. */
export default function Database(...args) {
  loaded ??= load()
  return new loaded(...args)
}
