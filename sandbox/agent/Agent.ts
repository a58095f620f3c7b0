import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { compact, summaryRequest } from "./Compaction.ts"
import { ask as begin, type Asked, next, received } from "./Conversation.ts"
import { defaultLimits, elide, type ElisionLimits } from "./Elision.ts"
import {
  type BudgetExceeded,
  type ContextOverflow,
  LanguageModel,
  type ModelError,
  type ModelRequest
} from "./LanguageModel.ts"
import { retold } from "./Retelling.ts"
import { systemPrompt } from "./SystemPrompt.ts"
import { said, type Telling } from "./Telling.ts"
import type { TodoList } from "./TodoList.ts"
import { Toolbox } from "./Toolbox.ts"
import { type Reply, size, type ToolResult, type Transcript, Turn, type Usage } from "./Transcript.ts"

export interface AgentOptions extends Asked {
  /** The conversation that this goes on with. Every call in it has a result. */
  readonly before: Transcript
  /** The most replies of the model, not counting the final summary and those about the conversation's length. */
  readonly maxSteps: number
  /** When to shorten the conversation; a default applies if absent. */
  readonly elision?: ElisionLimits
  readonly telling: Telling
  readonly todo: Effect.Effect<TodoList>
  /** Takes the conversation after each step, also while the results of a reply's calls are not all there. */
  readonly keep: (transcript: Transcript) => Effect.Effect<void>
}

/** How the work on a prompt ended: by the model's choice, at a limit, or because the model cannot be asked. */
export interface Outcome {
  readonly end: "done" | "steps" | "budget" | "failed"
  /** Why it ended, if that was not the model's choice. */
  readonly note: string
  /** The model's final text, and the note. */
  readonly answer: string
  readonly usage: Usage
  readonly steps: number
}

type Failure = ModelError | BudgetExceeded | ContextOverflow

/** The API does not take what it was sent. */
const isRefused = (error: Failure): error is ModelError =>
  error._tag === "ModelError" && error.kind === "refused" && (error.status === 400 || error.status === 422)

const lastRequest = (maxSteps: number) =>
  `All ${maxSteps} steps of this round are used up: no tool can be called any more. Say in a few sentences what is ` +
  "done, what is not, and what should come next."

/** Works on a prompt until the model answers without a tool call, its steps are used up, or it cannot be asked. */
export const run = Effect.fn("Agent.run")(
  function*({ before, elision = defaultLimits, keep, maxSteps, telling, todo, ...asked }: AgentOptions) {
    const model = yield* LanguageModel
    const toolbox = yield* Toolbox
    const state = yield* Ref.make(begin(before, asked))
    const put = (transcript: Transcript) =>
      Effect.zipRight(Ref.update(state, (before) => ({ ...before, transcript })), keep(transcript))
    const add = (turn: Turn) => Effect.flatMap(Ref.get(state), ({ transcript }) => put([...transcript, turn]))

    const request = (transcript: Transcript, toolUse: ModelRequest["toolUse"]) =>
      model.reply({
        system: systemPrompt,
        tools: toolbox.definitions,
        transcript,
        toolUse,
        onRetry: (error) => telling.notice(`${error.message}. Trying again.`)
      })

    /** Leaves out what is oldest; returns whether there was anything to leave out. */
    const shorten = (limits: ElisionLimits) =>
      Effect.gen(function*() {
        const { transcript } = yield* Ref.get(state)
        const shorter = elide(transcript, limits)
        if (size(shorter) >= size(transcript)) return false
        yield* put(shorter)
        return true
      })

    /** The conversation with the model's own summary of it. Without one, the oldest is left out. */
    const sumUp = Effect.gen(function*() {
      const { transcript } = yield* Ref.get(state)
      const reply = yield* request([...transcript, summaryRequest], "none").pipe(
        Effect.asSome,
        Effect.catchTags({ ContextOverflow: () => Effect.succeedNone, ModelError: () => Effect.succeedNone })
      )
      yield* Ref.update(state, (before) => ({
        ...before,
        usage: Option.match(reply, { onNone: () => before.usage, onSome: ({ usage }) => sum(before.usage, usage) })
      }))
      const summary = Option.match(reply, { onNone: () => "", onSome: ({ text }) => text })
      const shorter = compact(transcript, summary, yield* todo)
      if (shorter === undefined) return
      yield* put(shorter)
      yield* telling.notice(
        `The conversation has become long (${size(transcript)} characters): it goes on from a summary (${
          size(shorter)
        }).`
      )
    })

    /** Shortens a conversation above the limit. */
    const compactIfLong = Effect.gen(function*() {
      if (size((yield* Ref.get(state)).transcript) <= elision.limit) return
      yield* sumUp
      if (yield* shorten(elision)) {
        yield* telling.notice("The conversation has become long: its oldest steps were left out.")
      }
    })

    /**
     * Asks the model. If its context is smaller than our limit, retries with half of the conversation, as long as
     * something can be left out.
     */
    const ask = (toolUse: ModelRequest["toolUse"]): Effect.Effect<Reply, Failure> =>
      Effect.flatMap(
        Ref.get(state),
        ({ transcript }) =>
          request(transcript, toolUse).pipe(
            Effect.catchTag("ContextOverflow", (overflow) => {
              const half = Math.floor(size(transcript) / 2)
              return Effect.if(shorten({ limit: half, target: half }), {
                onTrue: () =>
                  Effect.zipRight(
                    telling.notice("The conversation is too long for the model: its oldest steps were left out."),
                    ask(toolUse)
                  ),
                onFalse: () => overflow
              })
            })
          )
      )

    /**
     * Asks for the first reply to a prompt. An earlier conversation that the API refuses (it may have changed since) is taken
     * out, and told in words; it is kept as it was until there is a reply.
     */
    const askFirst = (toolUse: ModelRequest["toolUse"]) =>
      Effect.catchIf(
        ask(toolUse),
        isRefused,
        (error) =>
          Ref.update(state, (kept) => ({ ...kept, transcript: retold(before, asked) })).pipe(
            Effect.zipRight(
              telling.notice(`${error.message}. The conversation goes on from what was asked and answered in it.`)
            ),
            Effect.zipRight(ask(toolUse))
          )
      )

    const step = Effect.fn("Agent.step")(function*(toolUse: ModelRequest["toolUse"]) {
      yield* compactIfLong
      const { steps } = yield* Ref.get(state)
      const reply = yield* (before.length > 0 && steps === 0 ? askFirst : ask)(toolUse)
      const { transcript } = yield* Ref.updateAndGet(state, (before) => received(before, reply))
      yield* keep(transcript)
      if (reply.text !== "") yield* telling.tell(said(reply.text))
      return next(reply)
    })

    /** Runs the calls one after the other. Each result is kept as soon as it is there. */
    const runTools = Effect.fnUntraced(function*(calls: Reply["calls"]) {
      const { transcript } = yield* Ref.get(state)
      const results: Array<ToolResult> = []
      for (const call of calls) {
        results.push(yield* toolbox.run(call))
        yield* put([...transcript, Turn.Tools({ results: [...results] })])
      }
    })

    const summarize = Effect.gen(function*() {
      yield* add(Turn.User({ text: lastRequest(maxSteps) }))
      yield* step("none")
      return { end: "steps", note: `Stopped: the step limit of ${maxSteps} was reached.` } as const
    })

    const work: Effect.Effect<Pick<Outcome, "end" | "note">, Failure> = Effect.gen(function*() {
      const { steps } = yield* Ref.get(state)
      if (steps >= maxSteps) return yield* summarize
      const following = yield* step("auto")
      switch (following._tag) {
        case "Finish":
          return { end: "done", note: "" } as const
        case "Say":
          yield* add(following.turn)
          return yield* work
        case "RunTools":
          yield* runTools(following.calls)
          return yield* work
      }
    })

    const failed = (error: Failure) => Effect.succeed({ end: "failed", note: `error: ${error.message}` } as const)

    yield* keep((yield* Ref.get(state)).transcript)
    const { end, note } = yield* Effect.catchTags(work, {
      BudgetExceeded: (error) => Effect.succeed({ end: "budget", note: `Stopped: ${error.message}` } as const),
      ContextOverflow: failed,
      ModelError: failed
    })
    const { steps, usage, words } = yield* Ref.get(state)
    const answer = [words, note].filter((part) => part !== "").join("\n\n")
    return { end, note, answer, usage, steps } satisfies Outcome
  }
)

const sum = (one: Usage, other: Usage): Usage => ({
  inputTokens: one.inputTokens + other.inputTokens,
  outputTokens: one.outputTokens + other.outputTokens
})
