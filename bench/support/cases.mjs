// The cases, in the order in which they run: the quick ones first.

export const caseNames = [
  "cli",
  "intake",
  "append",
  "tail",
  "replay",
  "fanout",
  "list",
  "recovery",
  "memory",
  "start",
  "session",
  "pipe",
  "repository",
  "soak"
]

/** A case: `title` says what it measures, `measure` does it and returns rows (see `evaluate` in `statistics.mjs`). */
export const loadCase = (name) => import(`../cases/${name}.mjs`)
