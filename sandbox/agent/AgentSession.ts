/** One session of the agent's: a conversation about a directory, kept in a file, and at most one prompt at a time. */
import type { SessionUpdate } from "@agentclientprotocol/sdk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import * as Agent from "./Agent.ts"
import { AgentConfig } from "./AgentConfig.ts"
import { ConversationStore } from "./ConversationStore.ts"
import * as Instructions from "./Instructions.ts"
import { replay } from "./Replay.ts"
import { said, type Telling } from "./Telling.ts"
import type { TodoList } from "./TodoList.ts"
import { Toolbox, type ToolboxOptions } from "./Toolbox.ts"
import type { Transcript } from "./Transcript.ts"
import { settle } from "./TranscriptRepair.ts"

export interface SessionOptions {
  readonly id: string
  readonly directory: string
  readonly transcript: Transcript
  readonly todo: TodoList
  readonly presentation: Telling["presentation"]
  /** Whether the other side shows notices; they are words of the agent's else. */
  readonly hasNotices: boolean
  readonly tell: (update: SessionUpdate) => Effect.Effect<void>
  readonly permit: ToolboxOptions["permit"]
}

/** Six hexadecimal digits, by which what this process tells differs from what an earlier one told. */
const makePrefix = Effect.map(Random.nextIntBetween(0, 0x1000000), (number) => number.toString(16).padStart(6, "0"))

export const make = Effect.fn("AgentSession.make")(function*(options: SessionOptions) {
  const { directory, hasNotices, id, permit, presentation, tell } = options
  const { dialect, maxSteps, model, startCommit } = yield* AgentConfig
  const store = yield* ConversationStore
  const transcript = yield* Ref.make(options.transcript)
  const todo = yield* Ref.make(options.todo)
  const stop = yield* Ref.make(Option.none<Deferred.Deferred<void>>())
  const isTold = yield* Ref.make(false)
  const prefix = yield* makePrefix

  const notice = (text: string) =>
    tell(hasNotices ? { sessionUpdate: "notice", severity: "info", title: text } : said(`\n\n${text}\n\n`))
  const telling: Telling = { presentation, tell, notice }
  const toolbox = yield* Toolbox.make({ directory, permit, prefix, telling, todo })

  const save = Effect.gen(function*() {
    const kept = { dialect: dialect.name, model, todo: yield* Ref.get(todo), transcript: yield* Ref.get(transcript) }
    yield* store.save(id, kept)
  })

  /** A conversation that cannot be kept is worked on all the same. */
  const keep = Effect.fnUntraced(function*(after: Transcript) {
    yield* Ref.set(transcript, after)
    yield* save.pipe(
      Effect.catchAll((error) =>
        Effect.unlessEffect(
          notice(`The conversation cannot be kept for later: ${error.message}`),
          Ref.getAndSet(isTold, true)
        )
      )
    )
  })

  /** Works on a prompt; none if it was cancelled. */
  const work = Effect.fnUntraced(function*(prompt: string) {
    // what was cancelled left calls without results
    const before = settle(yield* Ref.get(transcript))
    const instructions = before.length === 0 ? yield* Instructions.read(directory, startCommit) : undefined
    return yield* Agent.run({
      before,
      prompt,
      ...(instructions === undefined ? {} : { instructions }),
      maxSteps,
      telling,
      todo: Ref.get(todo),
      keep
    }).pipe(Effect.provideService(Toolbox, toolbox))
  })

  return {
    id,
    /** Keeps the conversation as it is, if it can be kept: the first prompt says if it cannot. */
    save: Effect.ignore(save),
    /** Tells what was said and done before. */
    replay: Effect.gen(function*() {
      yield* Effect.forEach(replay(yield* Ref.get(transcript), yield* Ref.get(todo), `${prefix}-before`), tell, {
        discard: true
      })
    }),
    /** None if it was cancelled; fails if it is at work. */
    prompt: Effect.fn("AgentSession.prompt")(function*(prompt: string) {
      const stopped = yield* Deferred.make<void>()
      yield* Ref.set(stop, Option.some(stopped))
      return yield* Effect.raceFirst(
        Effect.asSome(work(prompt)),
        Effect.as(Deferred.await(stopped), Option.none<Agent.Outcome>())
      ).pipe(Effect.ensuring(Ref.set(stop, Option.none())))
    }),
    isWorking: Effect.map(Ref.get(stop), Option.isSome),
    cancel: Effect.flatMap(
      Ref.get(stop),
      Option.match({
        onNone: () => Effect.void,
        onSome: (stopped) => Effect.asVoid(Deferred.succeed(stopped, undefined))
      })
    ),
    notice
  }
})

export type AgentSession = Effect.Effect.Success<ReturnType<typeof make>>
