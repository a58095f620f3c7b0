/** The files of a change from `git diff --raw`: complete, however long the diff is. */

export interface ChangedFile {
  /** Its path after the change; for a deleted file, its last path. */
  readonly path: string
  /** The path it was renamed or copied from. */
  readonly previousPath: string | undefined
  readonly status: "added" | "deleted" | "changed" | "renamed" | "copied"
  /** Git's mode after the change, six octal digits; `000000` for a deleted file. */
  readonly mode: string
  readonly previousMode: string
}

/** Git modes of entries other than regular files. */
const symlinkMode = "120000"
const submoduleMode = "160000"
const executableMode = "100755"

export const isSymlink = ({ mode }: ChangedFile): boolean => mode === symlinkMode
export const isSubmodule = ({ mode, previousMode }: ChangedFile): boolean =>
  mode === submoduleMode || previousMode === submoduleMode
export const isExecutable = ({ mode }: ChangedFile): boolean => mode === executableMode
/** Whether the change makes the file executable. */
export const becomesExecutable = ({ mode, previousMode }: ChangedFile): boolean =>
  mode === executableMode && previousMode !== executableMode
