/** Sessions that a process has left in the middle, when it was killed: they are `running`, and nobody works on them. */
import * as Effect from "effect/Effect"
import type { Session } from "../domain/Session.ts"
import type { Reading } from "./Program.ts"
import { Stdio } from "./terminal/Stdio.ts"

/** Says so of those among the sessions that were shown. */
export const sayIfLeft = ({ isWorkedOn }: Reading, shown: ReadonlyArray<Session>) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const running = shown.filter(({ status }) => status === "running")
    if (running.length === 0 || (yield* isWorkedOn)) return
    yield* stdio.err(
      `nothing is working on ${running.map(({ id }) => id).join(", ")} now: the next opentl serve continues ${
        running.length === 1 ? "it" : "them"
      }\n`
    )
  })
