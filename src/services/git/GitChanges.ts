/** Parses git's list of changed files: `git diff --raw -z`. */
import type { ChangedFile } from "../../domain/ChangedFile.ts"

const statuses: Readonly<Record<string, ChangedFile["status"]>> = {
  A: "added",
  C: "copied",
  D: "deleted",
  R: "renamed"
}

const record = /^:(\d{6}) (\d{6}) [0-9a-f.]+ [0-9a-f.]+ ([A-Z])\d*$/

/** The files, in git's order. A truncated list ends with its last complete entry. */
export const read = (output: string): ReadonlyArray<ChangedFile> => {
  // the last path also ends in NUL: anything after it is truncated or empty
  const fields = output.split("\0").slice(0, -1)
  const files: Array<ChangedFile> = []
  for (let i = 0; i < fields.length;) {
    const [, previousMode, mode, letter = ""] = record.exec(fields[i] ?? "") ?? []
    const isMoved = letter === "R" || letter === "C"
    const path = fields[i + (isMoved ? 2 : 1)]
    if (previousMode === undefined || mode === undefined || path === undefined) break
    files.push({
      path,
      previousPath: isMoved ? fields[i + 1] : undefined,
      status: statuses[letter] ?? "changed",
      mode,
      previousMode
    })
    i += isMoved ? 3 : 2
  }
  return files
}
