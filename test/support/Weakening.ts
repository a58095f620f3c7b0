/** Changes of files by their lines, and how they weaken the checks. */
import type { ChangedFile } from "../../src/domain/ChangedFile.ts"
import * as Patch from "../../src/domain/Patch.ts"
import { weakenedTests } from "../../src/domain/WeakenedTests.ts"
import { type Change, diffOf } from "./Patches.ts"

/** A changed file: its lines with their marks, and what git repeats above them. */
export const changed = (
  path: string,
  lines: ReadonlyArray<string>,
  kind: Partial<ChangedFile> = {},
  heading = ""
): Change => {
  const count = (marks: string) => lines.filter((line) => marks.includes(line.slice(0, 1))).length
  return {
    path,
    status: "changed",
    previousMode: "100644",
    ...kind,
    text:
      `diff --git a/${kind.previousPath ?? path} b/${path}\nindex 000..111 100644\n--- a/${
        kind.previousPath ?? path
      }\n` +
      `+++ b/${path}\n@@ -7,${count(" -")} +${count(" +") === 0 ? "0" : "7"},${count(" +")} @@ ${heading}\n${
        lines.map((line) => `${line}\n`).join("")
      }`
  }
}

export const deleted = (path: string, ...lines: ReadonlyArray<string>): Change => ({
  path,
  status: "deleted",
  mode: "000000",
  previousMode: "100644",
  text: `diff --git a/${path} b/${path}\ndeleted file mode 100644\nindex 111..000\n--- a/${path}\n+++ /dev/null\n` +
    `@@ -1,${lines.length} +0,0 @@\n${lines.map((line) => `-${line}\n`).join("")}`
})

export const found = (...changes: ReadonlyArray<Change>) => {
  const diff = diffOf(changes)
  return weakenedTests(diff.changed, Patch.sections(diff.patch)).map(({ file, what }) => `${file}: ${what}`)
}
