/**
 * What the gateway knows of a round and a later server must know, too: how the agent's last model calls ended, and which
 * endpoints were refused. The agent's container outlives a killed server. Kept in one small file that no sandbox mounts:
 * `<data dir>/gateway-rounds/<session>.json`.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { SessionId } from "../../domain/Ids.ts"
import { type Answer, LastAnswer } from "./LastAnswer.ts"

const StoredAnswer = Schema.Struct({
  model: Schema.optional(Schema.String),
  hasTools: Schema.Boolean,
  failure: Schema.optional(Schema.String)
})

const Stored = Schema.parseJson(Schema.Struct({
  round: Schema.String,
  /** The last answers, oldest first. */
  answers: Schema.Array(StoredAnswer),
  /** The calls whose answers were under way. */
  underWay: Schema.Array(StoredAnswer),
  refused: Schema.Array(Schema.String)
}))
const decode = Schema.decodeOption(Stored)

/** The most endpoints that are told of a round. */
const mostRefused = 10

/** An answer that has begun. */
export interface BegunAnswer {
  readonly isNoted: Effect.Effect<void>
  /** Ends it with the answer, or without one if the client left; only the first run counts. */
  readonly end: (answer: Answer | undefined) => Effect.Effect<void>
}

export interface RoundRecord {
  /**
   * Notes that a call's answer has begun, and how it counts if the server ends before it does. Returns at once, because an
   * answer that nobody reads yet can break off unseen: `isNoted` waits until a later server would know.
   */
  readonly begin: (call: Answer) => Effect.Effect<BegunAnswer, never, Scope.Scope>
  /** Notes how a call ended that had no answer of its own. */
  readonly note: (answer: Answer) => Effect.Effect<void>
  /** Why the last call of the agent's work failed, if it did. */
  readonly failure: Effect.Effect<Option.Option<string>>
  /** Whether a refused endpoint is to be told: once each, and no more than some of a round. */
  readonly isNews: (endpoint: string) => Effect.Effect<boolean>
  /** The gateway closes: clients that leave from now on do not do so by themselves. */
  readonly close: Effect.Effect<void>
}

export interface RoundRecordOptions {
  readonly dataDir: string
  readonly session: SessionId
  /** Which round it is; what is left of another one is forgotten. Absent: nothing is kept. */
  readonly round: string | undefined
  /** The model that the agent works with. */
  readonly model: string | undefined
}

/** Restores the record of this round, if there is one. The file is removed when the scope closes with success. */
export const make: (
  options: RoundRecordOptions
) => Effect.Effect<RoundRecord, never, FileSystem.FileSystem | Path.Path | Scope.Scope> = Effect.fnUntraced(
  function*({ dataDir, model, round, session }) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directory = path.join(dataDir, "gateway-rounds")
    const file = path.join(directory, `${session}.json`)
    const remove = Effect.ignoreLogged(fs.remove(file, { force: true }))
    const one = yield* Effect.makeSemaphore(1)

    const left = Option.filter(
      decode(yield* Effect.orElseSucceed(fs.readFileString(file), () => "")),
      (stored) => stored.round === round
    )
    const last = new LastAnswer(model)
    const underWay = new Set<Answer>()
    let isClosing = false
    const refused = new Set(Option.match(left, { onNone: () => [], onSome: (stored) => stored.refused }))
    for (const stored of Option.toArray(left)) {
      for (const { failure, hasTools, model } of [...stored.answers, ...stored.underWay]) {
        last.note({ model, hasTools, failure })
      }
    }

    let written = ""
    /** Whole or not at all: a server can be killed at any time. A full disk does not stop the agent. */
    const save = one.withPermits(1)(
      Effect.gen(function*() {
        if (round === undefined) return
        const text = yield* Schema.encode(Stored)({
          round,
          answers: last.kept,
          underWay: [...underWay],
          refused: [...refused]
        })
        if (text === written) return
        const next = `${file}.next`
        yield* fs.writeFileString(next, text, { mode: 0o600 })
        yield* fs.rename(next, file)
        written = text
      }).pipe(Effect.ignoreLogged, Effect.uninterruptible)
    )

    if (round === undefined || Option.isNone(left)) yield* remove
    if (round !== undefined) {
      yield* Effect.ignoreLogged(fs.makeDirectory(directory, { recursive: true, mode: 0o700 }))
      // a server that is stopped leaves it to the next one
      yield* Effect.addFinalizer((exit) => Exit.isSuccess(exit) ? one.withPermits(1)(remove) : Effect.void)
    }
    if (Option.isSome(left)) yield* save

    const note = (answer: Answer) => Effect.zipRight(Effect.sync(() => last.note(answer)), save)

    return {
      begin: (given) =>
        Effect.suspend(() => {
          const call = { ...given }
          underWay.add(call)
          const end = (answer: Answer | undefined) =>
            Effect.suspend(() => {
              if ((answer === undefined && isClosing) || !underWay.delete(call)) return Effect.void
              if (answer !== undefined) last.note(answer)
              return save
            })
          return Effect.map(
            Effect.acquireRelease(Effect.fork(save), Fiber.await),
            (saving) => ({ isNoted: Fiber.join(saving), end })
          )
        }),
      note,
      failure: Effect.sync(() => Option.fromNullable(last.failure)),
      isNews: (endpoint) =>
        Effect.suspend(() => {
          if (refused.has(endpoint) || refused.size >= mostRefused) return Effect.succeed(false)
          refused.add(endpoint)
          return Effect.as(save, true)
        }),
      close: Effect.sync(() => {
        isClosing = true
      })
    }
  }
)
