/** Diffs as git makes them, put together from a few words. */
import type { ChangedFile } from "../../src/domain/ChangedFile.ts"
import type { Diff } from "../../src/domain/Diff.ts"

export interface Change extends Partial<ChangedFile> {
  readonly path: string
  readonly text: string
}

const header = (path: string) => `diff --git a/${path} b/${path}\n`

/** A new file with these lines. */
export const added = (path: string, content: string, kind: Partial<ChangedFile> = {}): Change => {
  const lines = content.replace(/\n$/, "").split("\n")
  return {
    path,
    ...kind,
    text: `${header(path)}new file mode ${kind.mode ?? "100644"}\nindex 000..111\n--- /dev/null\n+++ b/${path}\n` +
      `@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join("")}`
  }
}

/** A new file of `bytes` bytes that are no text; their encoding is left out. */
export const binary = (path: string, bytes: number, kind: Partial<ChangedFile> = {}): Change => ({
  path,
  ...kind,
  text: `${header(path)}new file mode ${kind.mode ?? "100644"}\nindex 000..111\nGIT binary patch\nliteral ${bytes}\n` +
    `zcmZQz\n\nliteral 0\nHcmV?d00001\n\n`
})

/** The diff of these changes. */
export const diffOf = (changes: ReadonlyArray<Change>): Diff => ({
  patch: changes.map(({ text }) => text).join(""),
  stat: changes.map(({ path }) => ` ${path} | 1 +`).join("\n"),
  changed: changes.map(({ text: _, ...file }) => ({
    previousPath: undefined,
    status: "added",
    mode: "100644",
    previousMode: "000000",
    ...file
  })),
  files: changes.length,
  insertions: changes.length,
  deletions: 0
})
