/** Asks the person at the terminal what the planner wants to know. */
import * as Effect from "effect/Effect"
import type { SessionId } from "../domain/Ids.ts"
import type { Asked } from "./Approval.ts"
import type { Connection } from "./Program.ts"
import { oneLine } from "./terminal/SafeText.ts"
import { Stdio } from "./terminal/Stdio.ts"

/** The sentence that tells how to answer from another terminal. */
export const howToTell = (id: SessionId): string => `the planner waits for an answer: opentl answer ${id} "<text>"`

/** The questions are on the screen. Asks until there is an answer, or the person leaves. */
export const askAnswer = ({ by, sessions }: Connection, id: SessionId) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const editor = yield* stdio.editor
    const once = Effect.gen(function*() {
      const entered = yield* editor.ask(stdio.errStyle.bold("Your answer (Ctrl-D leaves it open): "))
      if (entered._tag === "End") return "left" as const
      if (entered._tag === "Interrupt") return "interrupted" as const
      if (entered.text.trim() === "") return undefined
      return yield* sessions.message(id, entered.text.trim(), by).pipe(
        Effect.as("answered" as const),
        Effect.catchAll((error) =>
          Effect.as(stdio.err(`${stdio.errStyle.red("error:")} ${oneLine(error.message)}\n`), undefined)
        )
      )
    })
    return yield* Effect.repeat(once, { until: (asked): asked is Asked => asked !== undefined })
  }).pipe(Effect.scoped)
