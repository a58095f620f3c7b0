/** The task of `opentl run`: as given, from standard input, or asked for at the terminal. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { UsageError } from "./Failure.ts"
import { Stdio } from "./terminal/Stdio.ts"

const missing = new UsageError({
  reason:
    "missing argument <task>; usage: opentl run \"<task>\" [options], or - to read it from standard input (opentl run --help)"
})

/** A person at the terminal is asked; a program has to give it. */
const ask = Effect.gen(function*() {
  const stdio = yield* Stdio
  if (!(stdio.inIsTty && stdio.errIsTty)) return yield* missing
  const editor = yield* stdio.editor
  const entered = yield* editor.ask(stdio.errStyle.bold("What is to be done? "))
  if (entered._tag === "Interrupt") return yield* Effect.interrupt
  return entered._tag === "Line" && entered.text.trim() !== "" ? entered.text : yield* missing
}).pipe(Effect.scoped)

export const taskText = (task: Option.Option<string>) =>
  Option.match(task, {
    onNone: () => ask,
    onSome: (text) => text === "-" ? Effect.flatMap(Stdio, (stdio) => stdio.readAll) : Effect.succeed(text)
  })
