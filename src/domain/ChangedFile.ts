/** The files of a change, as git's list of them has it (`git diff --raw`): complete, however long the diff is. */

export interface ChangedFile {
  /** Its path after the change; of a deleted file the one it had. */
  readonly path: string
  /** Where it was renamed or copied from. */
  readonly previousPath: string | undefined
  readonly status: "added" | "deleted" | "changed" | "renamed" | "copied"
  /** Git's mode after the change, six octal digits: `000000` where there is none. */
  readonly mode: string
  readonly previousMode: string
}

/** Modes of git's that are no ordinary file's. */
const symlinkMode = "120000"
const submoduleMode = "160000"
const executableMode = "100755"

export const isSymlink = ({ mode }: ChangedFile): boolean => mode === symlinkMode
export const isSubmodule = ({ mode, previousMode }: ChangedFile): boolean =>
  mode === submoduleMode || previousMode === submoduleMode
export const isExecutable = ({ mode }: ChangedFile): boolean => mode === executableMode
/** Whether the change makes it executable. */
export const becomesExecutable = ({ mode, previousMode }: ChangedFile): boolean =>
  mode === executableMode && previousMode !== executableMode
