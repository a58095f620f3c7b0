/** The task of `opentl run`: given as an argument, read from standard input, or typed at the terminal. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { UsageError } from "./Failure.ts"
import { Stdio } from "./terminal/Stdio.ts"

const missing = new UsageError({
  reason:
    "missing argument <task>; usage: opentl run \"<task>\" [options], or - to read the task from standard input (opentl run --help)"
})

/** Asks the person at the terminal; a program has to pass the task. */
const ask = Effect.gen(function*() {
  const stdio = yield* Stdio
  if (!(stdio.inIsTty && stdio.errIsTty)) return yield* missing
  const editor = yield* stdio.editor
  const entered = yield* editor.ask(stdio.errStyle.bold("What should be done? "))
  if (entered._tag === "Interrupt") return yield* Effect.interrupt
  return entered._tag === "Line" && entered.text.trim() !== "" ? entered.text : yield* missing
}).pipe(Effect.scoped)

export const taskText = (task: Option.Option<string>) =>
  Option.match(task, {
    onNone: () => ask,
    onSome: (text) => text === "-" ? Effect.flatMap(Stdio, (stdio) => stdio.readAll) : Effect.succeed(text)
  })
