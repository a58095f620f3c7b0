/**
 * Asks the person at the terminal about a waiting plan: approve it, edit it in `$EDITOR`, or reject it with a reason.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionId } from "../domain/Ids.ts"
import { Foreground } from "./Foreground.ts"
import type { Connection } from "./Program.ts"
import { Entered } from "./terminal/LineEditor.ts"
import { markdownLines } from "./terminal/Markdown.ts"
import { oneLine } from "./terminal/SafeText.ts"
import { Stdio } from "./terminal/Stdio.ts"
import { truncate } from "./terminal/TerminalText.ts"

const answers = ["approve", "edit", "reject", "show", "quit"] as const
export type Answer = typeof answers[number]

/** Reads an answer from any prefix of its word (`a`, `app`, `approve`); undefined when nothing matches. */
export const readAnswer = (line: string): Answer | undefined => {
  const word = line.trim().toLowerCase()
  return word === "" ? undefined : answers.find((answer) => answer.startsWith(word))
}

/** The sentence that tells how to answer from another terminal. */
export const howToAnswer = (id: SessionId): string =>
  `the plan waits for approval: opentl approve ${id} [--plan <file>] | opentl reject ${id} "<why>"`

/** The plan as edited; none if it was left unchanged or emptied. */
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

/** What the person chose to do with the plan. */
type Choice = Data.TaggedEnum<{
  Approve: object
  Edit: object
  Reject: { readonly reason: string }
  /** Leave, and keep the plan waiting. */
  Quit: object
  /** Ctrl-C, which in embedded mode means more than leaving. */
  Interrupt: object
}>
const Choice = Data.taggedEnum<Choice>()

const question = "Approve this plan? [a]pprove, [e]dit, [r]eject, [s]how again, [q]uit: "

const explain = (line: string): string => {
  const text = truncate(oneLine(line), 40)
  return text === "" ? "" : `"${text}" is not one of ${answers.join(", ")}\n`
}

/** Asks until it gets an answer. `show` prints the plan again. */
const choose = <E, R>(show: Effect.Effect<string, E, R>) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const editor = yield* stdio.editor
    const ask = (text: string) => editor.ask(stdio.errStyle.bold(text))

    const reason = Effect.map(ask("Why? "), (entered) =>
      Entered.$match(entered, {
        Line: ({ text }) => text.trim() === "" ? undefined : Choice.Reject({ reason: text.trim() }),
        End: () => undefined,
        Interrupt: () => Choice.Interrupt()
      }))

    const once = Effect.gen(function*(): Effect.fn.Return<Choice | undefined, E, R> {
      const entered = yield* ask(question)
      if (entered._tag === "End") return Choice.Quit()
      if (entered._tag === "Interrupt") return Choice.Interrupt()
      switch (readAnswer(entered.text)) {
        case undefined:
          return yield* Effect.as(stdio.err(explain(entered.text)), undefined)
        case "approve":
          return Choice.Approve()
        case "edit":
          return Choice.Edit()
        case "quit":
          return Choice.Quit()
        case "show":
          return yield* Effect.as(Effect.flatMap(show, stdio.err), undefined)
        case "reject":
          return yield* reason
      }
    })
    return yield* Effect.repeat(once, { until: (choice): choice is Choice => choice !== undefined })
  }).pipe(Effect.scoped)

/** How the question ended: the plan was answered, the person left it waiting, or the person pressed Ctrl-C. */
export type Asked = "answered" | "left" | "interrupted"

/** The plan formatted for the terminal. */
const planText = (plan: string) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const columns = (yield* stdio.errColumns) ?? 80
    return `\n${markdownLines(plan, { columns, style: stdio.errStyle }).join("\n")}\n\n`
  })

/**
 * Asks until the plan is answered, here or elsewhere, or the person leaves. `isShown`: the plan is already on the
 * screen.
 */
export const askApproval = (connection: Connection, id: SessionId, { isShown }: { readonly isShown: boolean }) =>
  Effect.gen(function*() {
    const { by, sessions } = connection
    const stdio = yield* Stdio
    /** The waiting plan and its id. Another plan may have replaced it while the person was thinking. */
    const waiting = Effect.map(sessions.get(id), ({ plan, proposal, turn }) => ({
      plan: plan ?? "",
      answers: proposal === undefined ? undefined : { turn, proposal }
    }))

    const act = (choice: Choice, { answers, plan }: Effect.Effect.Success<typeof waiting>) =>
      Choice.$match(choice, {
        Approve: () => Effect.as(sessions.approve(id, { answers, by }), "answered" as const),
        Reject: ({ reason }) => Effect.as(sessions.reject(id, { reason, answers, by }), "answered" as const),
        Edit: () =>
          Effect.flatMap(
            editPlan(plan),
            Option.match({
              onNone: () => Effect.as(stdio.err("the plan was not changed\n"), undefined),
              onSome: (edited) => Effect.as(sessions.approve(id, { plan: edited, answers, by }), "answered" as const)
            })
          ),
        Quit: () => Effect.succeed("left" as const),
        Interrupt: () => Effect.succeed("interrupted" as const)
      })

    /** Prints an error and asks again, unless the plan was answered elsewhere in the meantime. */
    const attempt = (seen: Effect.Effect.Success<typeof waiting>) =>
      Effect.flatMap(choose(planText(seen.plan)), (choice) => act(choice, seen)).pipe(
        Effect.catchAll((error) =>
          Effect.as(
            stdio.err(`${stdio.errStyle.red("error:")} ${oneLine(error.message)}\n`),
            error._tag === "NothingToApprove" || error._tag === "PlanReplaced" ? "answered" as const : undefined
          )
        )
      )
    const seen = yield* waiting
    if (!isShown) yield* Effect.flatMap(planText(seen.plan), stdio.err)
    return yield* Effect.repeat(attempt(seen), { until: (asked): asked is Asked => asked !== undefined })
  })
