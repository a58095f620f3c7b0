/** What a session changed, between two commits. */
import type { ChangedFile } from "./ChangedFile.ts"

export interface Diff {
  /** A unified diff that `git apply` accepts, binary files included. */
  readonly patch: string
  /** The output of `git diff --stat`, one line per file, without the summary line. */
  readonly stat: string
  /** Every changed file, even if the patch was cut; if there are very many, the first ones. */
  readonly changed: ReadonlyArray<ChangedFile>
  readonly files: number
  readonly insertions: number
  readonly deletions: number
}
