/** A plan that waits, and a person at the terminal: approve it, edit it in one's own editor, or say why not. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionId } from "../domain/Ids.ts"
import { Foreground } from "./Foreground.ts"
import type { Connection } from "./Program.ts"
import { Stdio } from "./Stdio.ts"
import { oneLine } from "./TerminalText.ts"

export type Answer = "approve" | "edit" | "reject"

/** Reads an answer by its first letters; nothing for what is none. */
export const readAnswer = (line: string): Answer | undefined => {
  const word = line.trim().toLowerCase()
  return word === "" ? undefined : (["approve", "edit", "reject"] as const).find((answer) => answer.startsWith(word))
}

/** How to answer from elsewhere. */
export const howToAnswer = (id: SessionId): string =>
  `the plan waits for approval: opentl approve ${id} [--plan <file>] | opentl reject ${id} "<why>"`

/** The plan as it comes back from the editor; none where it was left as it is, or emptied. */
const editPlan = (plan: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const foreground = yield* Foreground
    const file = `${yield* fs.makeTempDirectoryScoped({ prefix: "opentl-plan-" })}/plan.md`
    yield* fs.writeFileString(file, plan)
    yield* foreground.edit(file)
    const edited = (yield* fs.readFileString(file)).trim()
    return edited === "" || edited === plan.trim() ? Option.none() : Option.some(edited)
  }).pipe(Effect.scoped)

/** Asks until the plan is answered, here or elsewhere. The end of standard input leaves it waiting. */
export const askApproval = (connection: Connection, id: SessionId) =>
  Effect.gen(function*() {
    const { by, sessions } = connection
    const stdio = yield* Stdio
    const ask = (question: string) => Effect.zipRight(stdio.err(stdio.errStyle.bold(question)), stdio.readLine)

    const answer: Effect.Effect<
      boolean,
      Effect.Effect.Error<ReturnType<typeof sessions.approve>> | Effect.Effect.Error<ReturnType<typeof editPlan>>,
      Effect.Effect.Context<ReturnType<typeof editPlan>>
    > = Effect.gen(function*() {
      const line = yield* ask("Approve this plan? [a]pprove, [e]dit, [r]eject: ")
      if (Option.isNone(line)) {
        yield* stdio.err(`\n${howToAnswer(id)}\n`)
        return true
      }
      switch (readAnswer(line.value)) {
        case undefined:
          return false
        case "approve":
          yield* sessions.approve(id, { by })
          return true
        case "edit": {
          const { plan = "" } = yield* sessions.get(id)
          const edited = yield* editPlan(plan)
          if (Option.isNone(edited)) {
            yield* stdio.err("the plan was left as it is\n")
            return false
          }
          yield* sessions.approve(id, { plan: edited.value, by })
          return true
        }
        case "reject": {
          const reason = Option.filter(yield* ask("Why? "), (text) => text.trim() !== "")
          if (Option.isNone(reason)) return false
          yield* sessions.reject(id, { reason: reason.value, by })
          return true
        }
      }
    })

    /** What went wrong is said, and asked again, unless the answer was given elsewhere in the meantime. */
    const attempt = answer.pipe(Effect.catchAll((error) =>
      Effect.as(stdio.err(`error: ${oneLine(error.message)}\n`), error._tag === "NothingToApprove")
    ))
    yield* Effect.repeat(attempt, {
      until: (answered) =>
        answered
    })
  })
