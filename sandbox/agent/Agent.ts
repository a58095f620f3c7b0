import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { initial, next, received } from "./Conversation.ts"
import { elide, type ElisionLimits } from "./Elision.ts"
import {
  type BudgetExceeded,
  type ContextOverflow,
  LanguageModel,
  type ModelError,
  type ModelRequest
} from "./LanguageModel.ts"
import { systemPrompt } from "./SystemPrompt.ts"
import { Toolbox } from "./Toolbox.ts"
import { type Reply, size, Turn } from "./Transcript.ts"

export interface AgentOptions {
  readonly prompt: string
  /** The most replies of the model, not counting the final summary. */
  readonly maxSteps: number
  /** When to shorten the conversation; a default applies if absent. */
  readonly elision?: ElisionLimits
}

/** How a round ended. `answer` is the model's final text, and why it ended if that was not the model's choice. */
export interface Outcome {
  readonly exitCode: 0 | 1 | 3
  readonly answer: string
}

type Failure = ModelError | BudgetExceeded | ContextOverflow

const lastRequest = (maxSteps: number) =>
  `All ${maxSteps} steps of this round are used up: no tool can be called any more. Say in a few sentences what is ` +
  "done, what is not, and what should come next."

/**
 * Works on a task, logging to stdout, until the model answers without a tool call or its steps are used up (exit code
 * 0), the session's budget is used up (3), or the model cannot be reached (1).
 */
export const run = Effect.fn("Agent.run")(function*({ elision, maxSteps, prompt }: AgentOptions) {
  const model = yield* LanguageModel
  const toolbox = yield* Toolbox
  const state = yield* Ref.make(initial(prompt))

  /** Shortens the conversation if it exceeds the limit; returns whether that changed anything. */
  const shorten = (limits?: ElisionLimits) =>
    Ref.modify(state, (before) => {
      const transcript = elide(before.transcript, limits)
      return [size(transcript) < size(before.transcript), { ...before, transcript }]
    })

  /**
   * Asks the model. If its context is smaller than our limit, retries with half of the conversation, as long as
   * something can be left out.
   */
  const ask = (toolUse: ModelRequest["toolUse"]): Effect.Effect<Reply, Failure> =>
    Effect.flatMap(
      Ref.get(state),
      ({ transcript }) =>
        model.reply({ system: systemPrompt, tools: toolbox.definitions, transcript, toolUse }).pipe(
          Effect.catchTag("ContextOverflow", (overflow) => {
            const half = Math.floor(size(transcript) / 2)
            return Effect.if(shorten({ limit: half, target: half }), {
              onTrue: () => ask(toolUse),
              onFalse: () => overflow
            })
          })
        )
    )

  const step = Effect.fn("Agent.step")(function*(toolUse: ModelRequest["toolUse"]) {
    yield* shorten(elision)
    const reply = yield* ask(toolUse)
    yield* Ref.update(state, (before) => received(before, reply))
    if (reply.text !== "") {
      yield* Console.log(reply.text)
    }
    return next(reply)
  })

  const add = (turn: Turn) => Ref.update(state, (before) => ({ ...before, transcript: [...before.transcript, turn] }))

  const summarize = Effect.gen(function*() {
    yield* add(Turn.User({ text: lastRequest(maxSteps) }))
    yield* step("none")
    return { exitCode: 0, note: `Stopped: the step limit of ${maxSteps} was reached.` } as const
  })

  const work: Effect.Effect<{ readonly exitCode: 0; readonly note: string }, Failure> = Effect.gen(function*() {
    const { steps } = yield* Ref.get(state)
    if (steps >= maxSteps) return yield* summarize
    const following = yield* step("auto")
    switch (following._tag) {
      case "Finish":
        return { exitCode: 0, note: "" } as const
      case "Say":
        yield* add(following.turn)
        return yield* work
      case "RunTools":
        yield* add(Turn.Tools({ results: yield* Effect.forEach(following.calls, toolbox.run) }))
        return yield* work
    }
  })

  const failed = (error: Failure) => Effect.succeed({ exitCode: 1, note: `error: ${error.message}` } as const)

  const { exitCode, note } = yield* Effect.catchTags(work, {
    BudgetExceeded: (error) => Effect.succeed({ exitCode: 3, note: `Stopped: ${error.message}` } as const),
    ContextOverflow: failed,
    ModelError: failed
  })
  const { steps, usage, words } = yield* Ref.get(state)
  if (note !== "") {
    yield* Console.log(note)
  }
  yield* Console.log(`usage: ${usage.inputTokens} input, ${usage.outputTokens} output tokens in ${steps} steps`)
  const outcome: Outcome = { exitCode, answer: [words, note].filter((part) => part !== "").join("\n\n") }
  return outcome
})
