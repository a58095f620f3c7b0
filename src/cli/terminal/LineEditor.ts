/**
 * Questions to a person at the terminal, answered with an editable line. Keys are read one by one (raw mode), so Ctrl-C
 * and Ctrl-D are answers, too; pasted text is one answer, however many lines it has.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
// eslint-disable-next-line house/no-builtins -- Effect's Terminal asks on standard output, and cannot be given other streams
import * as Readline from "node:readline"
import type { Readable, Writable } from "node:stream"
import type { BottomLine } from "./Stdio.ts"

export type Entered = Data.TaggedEnum<{
  Line: { readonly text: string }
  /** Ctrl-D on an empty line, or the end of standard input. */
  End: object
  /** Ctrl-C. */
  Interrupt: object
}>
export const Entered = Data.taggedEnum<Entered>()

export interface LineEditor {
  /** Asks, and waits for the line. Lines that were typed ahead are used in order. */
  readonly ask: (question: string) => Effect.Effect<Entered>
}

export interface EditorOptions {
  readonly input: Readable
  readonly output: Writable
  /** Sets what is redrawn below everything printed from now on. */
  readonly setBottom: (line: BottomLine | undefined) => void
  /** Whether the terminal is asked to mark pasted text (bracketed paste). */
  readonly marksPaste: boolean
}

/** The most lines typed ahead, more than anybody types. Further ones are dropped. */
const capacity = 1024

const pasteOn = "\x1b[?2004h"
const pasteOff = "\x1b[?2004l"

/** Joins the lines of one paste: a line end within a paste does not end the answer. */
class Paste {
  private isOpen = false
  private lines: ReadonlyArray<string> = []

  onKey(name: string | undefined): void {
    if (name === "paste-start") this.isOpen = true
    if (name === "paste-end") this.isOpen = false
  }

  /** The answer that a line completes. */
  complete(line: string): string | undefined {
    if (this.isOpen) {
      this.lines = [...this.lines, line]
      return undefined
    }
    const text = [...this.lines, line].join("\n")
    this.lines = []
    return text
  }
}

interface Key {
  readonly name?: string
}

/** Opens the terminal's keyboard for the lifetime of the scope. Lines typed ahead but not used are then dropped. */
export const open = (
  { input, marksPaste, output, setBottom }: EditorOptions
): Effect.Effect<LineEditor, never, Scope.Scope> =>
  Effect.gen(function*() {
    const entered = yield* Effect.acquireRelease(Queue.dropping<Entered>(capacity), Queue.shutdown)
    let isAsking = false
    let isClosed = false

    const editor = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const paste = new Paste()
        const editor = Readline.createInterface({ input, output, terminal: true, historySize: 0 })
        const onKey = (_: string | undefined, key: Key) => paste.onKey(key.name)
        const end = () => Queue.unsafeOffer(entered, Entered.End())
        input.on("keypress", onKey)
        editor.on("line", (line) => {
          const text = paste.complete(line)
          // the lines of a paste are shown below each other, without a prompt
          if (text === undefined) editor.setPrompt("")
          else Queue.unsafeOffer(entered, Entered.Line({ text }))
        })
        editor.on("SIGINT", () => Queue.unsafeOffer(entered, Entered.Interrupt()))
        editor.on("close", () => {
          isClosed = true
          input.off("keypress", onKey)
          end()
        })
        if (input.readableEnded) end()
        if (marksPaste) output.write(pasteOn)
        return editor
      }),
      (editor) =>
        Effect.sync(() => {
          setBottom(undefined)
          editor.close()
          if (marksPaste) output.write(pasteOff)
          // the question stays unanswered: what follows starts on a new line
          if (isAsking) output.write("\n")
        })
    )

    const erase = () => {
      const { rows } = editor.getCursorPos()
      return `\r${rows > 0 ? `\x1b[${rows}A` : ""}\x1b[J`
    }

    const show = (question: string) =>
      Effect.sync(() => {
        isAsking = true
        // a closed editor throws (Node 24), and lines typed ahead of the end of input still answer
        if (isClosed) {
          output.write(question)
          return
        }
        editor.setPrompt(question)
        editor.prompt()
        setBottom({ erase, draw: () => isClosed ? output.write(question) : editor.prompt(true) })
      })

    const answered = (answer: Entered) =>
      Effect.sync(() => {
        setBottom(undefined)
        isAsking = answer._tag !== "Line"
      })

    return {
      ask: (question) => Effect.tap(Effect.zipRight(show(question), Queue.take(entered)), answered)
    }
  })
