/** What the server and the program that starts others for it tell each other. `id` is the server's name for a program. */

/** Starts a program with these variables and no others, in a group of its own. Its stdin is what is given, and then at its end. */
export interface StartProgram {
  readonly _tag: "Start"
  readonly id: number
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  readonly stdin: string | undefined
}

/** Signals the program's group. Nobody reads its output any more. */
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

/** Output is told when there is much of it, or with the end: each message costs the server more than what it says. */
export type FromStarter =
  | { readonly _tag: "Ready" }
  | {
    readonly _tag: "NotStarted"
    readonly id: number
    readonly code: string
    readonly message: string
    readonly hasDirectory: boolean
  }
  | { readonly _tag: "Output"; readonly id: number; readonly bytes: Uint8Array }
  /** It has exited, and its output is at its end: the rest of it, and the last of what it said on stderr. */
  | {
    readonly _tag: "Ended"
    readonly id: number
    readonly code: number | null
    readonly signal: string | null
    readonly output: Uint8Array
    readonly stderr: Uint8Array
  }

/** So many bytes of output are told before the end. */
export const manyBytes = 64 * 1024

/** How much of a program's output may be on its way; then its pipe is left full until some of it is read. */
export const mostUnread = 1024 * 1024
