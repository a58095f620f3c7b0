/** What the server and the program that starts others for it tell each other. `id` is the server's name for a program. */

/** Starts a program with these variables and no others, in a group of its own. Its stdin is what is given, and then at its end. */
export interface StartProgram {
  readonly _tag: "Start"
  readonly id: number
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly directory: string | undefined
  readonly environment: Readonly<Record<string, string>>
  readonly stdin: Uint8Array | undefined
}

/** Signals the program's group. */
export interface SignalProgram {
  readonly _tag: "Signal"
  readonly id: number
  readonly signal: NodeJS.Signals
}

/** So many bytes of its output have been read. */
export interface OutputRead {
  readonly _tag: "Read"
  readonly id: number
  readonly bytes: number
}

export type ToStarter = StartProgram | SignalProgram | OutputRead

export type FromStarter =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Started"; readonly id: number; readonly pid: number }
  | { readonly _tag: "NotStarted"; readonly id: number; readonly code: string; readonly message: string }
  | { readonly _tag: "Output"; readonly id: number; readonly from: "stdout" | "stderr"; readonly bytes: Uint8Array }
  | { readonly _tag: "Exited"; readonly id: number; readonly code: number | null; readonly signal: string | null }
  /** Nothing more comes of it: it has exited, and its output is at its end. */
  | { readonly _tag: "Ended"; readonly id: number }

/** How much of a program's output may be on its way; then its pipes are left full until some of it is read. */
export const mostUnread = 1024 * 1024
