/** A plan that waits, and a person at the terminal: approve it, edit it in one's own editor, or say why not. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionId } from "../domain/Ids.ts"
import { Foreground } from "./Foreground.ts"
import type { Connection } from "./Program.ts"
import { Entered } from "./terminal/LineEditor.ts"
import { markdownLines } from "./terminal/Markdown.ts"
import { Stdio } from "./terminal/Stdio.ts"
import { oneLine, truncate } from "./terminal/TerminalText.ts"

const answers = ["approve", "edit", "reject", "show", "quit"] as const
export type Answer = typeof answers[number]

/** Reads an answer by its first letters; nothing for what is none. */
export const readAnswer = (line: string): Answer | undefined => {
  const word = line.trim().toLowerCase()
  return word === "" ? undefined : answers.find((answer) => answer.startsWith(word))
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

/** What a person wants done with the plan. */
type Choice = Data.TaggedEnum<{
  Approve: object
  Edit: object
  Reject: { readonly reason: string }
  /** Go away, and leave the plan waiting. */
  Quit: object
  /** Ctrl-C, which may mean more than to go away. */
  Interrupt: object
}>
const Choice = Data.taggedEnum<Choice>()

const question = "Approve this plan? [a]pprove, [e]dit, [r]eject, [s]how again, [q]uit: "

const explain = (line: string): string => {
  const text = truncate(oneLine(line), 40)
  return text === "" ? "" : `"${text}" is none of ${answers.join(", ")}\n`
}

/** Asks until there is an answer. `show` is the plan as it is shown again. */
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

/** How the question came to its end: the plan is answered; or the person has left it waiting, or pressed Ctrl-C. */
export type Asked = "answered" | "left" | "interrupted"

/** A plan as the terminal shows it. */
const planText = (plan: string) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const columns = (yield* stdio.errColumns) ?? 80
    return `\n${markdownLines(plan, { columns, style: stdio.errStyle }).join("\n")}\n\n`
  })

/** Asks until the plan is answered, here or elsewhere, or the person goes. `isShown`: the person has the plan on the screen. */
export const askApproval = (connection: Connection, id: SessionId, { isShown }: { readonly isShown: boolean }) =>
  Effect.gen(function*() {
    const { by, sessions } = connection
    const stdio = yield* Stdio
    /** The plan that waits, and its name. Another one may have taken its place while the person thought. */
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
              onNone: () => Effect.as(stdio.err("the plan was left as it is\n"), undefined),
              onSome: (edited) => Effect.as(sessions.approve(id, { plan: edited, answers, by }), "answered" as const)
            })
          ),
        Quit: () => Effect.succeed("left" as const),
        Interrupt: () => Effect.succeed("interrupted" as const)
      })

    /** What went wrong is said, and asked again, unless the answer was given elsewhere in the meantime. */
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
