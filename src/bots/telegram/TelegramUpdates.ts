/**
 * Telegram's updates, each handled once. They arrive in order, and again until their offset is passed, so an update's
 * effect is recorded before the offset moves, and the offset is stored: a restart neither repeats nor loses one.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { ChatMemory } from "../../services/store/ChatMemory.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { TelegramClient, type TelegramError } from "../../services/telegram/TelegramClient.ts"
import { Entity } from "./TelegramReading.ts"

export const User = Schema.Struct({
  id: Schema.Int,
  is_bot: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  first_name: Schema.optionalWith(Schema.String, { default: () => "" }),
  username: Schema.optional(Schema.String)
})
export type User = typeof User.Type

const Chat = Schema.Struct({ id: Schema.Int, type: Schema.String })

const where = {
  message_id: Schema.Int,
  chat: Chat,
  message_thread_id: Schema.optional(Schema.Int),
  /** A thread's id means a topic only if this is set. */
  is_topic_message: Schema.optional(Schema.Boolean)
}

export const Message = Schema.Struct({
  ...where,
  from: Schema.optional(User),
  text: Schema.optional(Schema.String),
  entities: Schema.optional(Schema.Array(Entity)),
  caption: Schema.optional(Schema.String),
  caption_entities: Schema.optional(Schema.Array(Entity)),
  reply_to_message: Schema.optional(Schema.Struct({
    message_id: Schema.Int,
    from: Schema.optional(User),
    /** In a topic every message refers to the message that created it. */
    forum_topic_created: Schema.optional(Schema.Unknown)
  }))
})
export type Message = typeof Message.Type

export const Query = Schema.Struct({
  id: Schema.String,
  from: User,
  data: Schema.optionalWith(Schema.String, { default: () => "" }),
  message: Schema.optional(Schema.Struct(where))
})
export type Query = typeof Query.Type

const Reactions = Schema.Array(Schema.Struct({ emoji: Schema.optional(Schema.String) }))
export const Reaction = Schema.Struct({
  message_id: Schema.Int,
  chat: Chat,
  user: Schema.optional(User),
  old_reaction: Reactions,
  new_reaction: Reactions
})
export type Reaction = typeof Reaction.Type

export const Update = Schema.Struct({
  update_id: Schema.Int,
  message: Schema.optional(Message),
  callback_query: Schema.optional(Query),
  message_reaction: Schema.optional(Reaction)
})
export type Update = typeof Update.Type

/** Editing a message has no effect, so edits are not requested. */
const kinds = ["message", "callback_query", "message_reaction"]

const readUpdate = Schema.decodeUnknownOption(Update)
/** Every update has an id, even if this version cannot read the rest. */
const readId = Schema.decodeUnknownOption(Schema.Struct({ update_id: Schema.Int }))

const offsetKey = { platform: "telegram", place: "updates", name: "offset" } as const
const doneKey = (id: number) => ({ platform: "telegram", place: `update ${id}`, name: "done" }) as const

const Offset = Schema.parseJson(Schema.Struct({ next: Schema.Int, at: Schema.Number }))
const readOffset = Schema.decodeOption(Offset)
const writeOffset = Schema.encodeSync(Offset)

/**
 * After a week without updates Telegram restarts its numbering anywhere, so the offset expires; handled updates are
 * marked individually.
 */
const offsetLife = Duration.toMillis("6 days")
const markLife = Duration.days(8)

const chatOf = ({ callback_query, message, message_reaction }: Update): string =>
  String((message ?? callback_query?.message ?? message_reaction)?.chat.id ?? "")

/** Retries after a database failure until it works again. */
const untilStored = Schedule.exponential("500 millis").pipe(Schedule.either(Schedule.spaced("20 seconds")))

/** The delay before the n-th attempt in a row, in milliseconds. */
const pause = (tries: number, least: number): number =>
  Math.max(least, Math.min(30_000, 1000 * 2 ** Math.min(tries, 5)))

const complaint = (error: TelegramError): string =>
  error.isConflict
    ? "telegram: another program is also polling this bot's updates (409); only one may, so this one keeps retrying"
    : error.isUnauthorized
    ? `telegram: the token was rejected (${error.reason}); retrying`
    : `telegram: cannot get updates for now: ${error.message}`

/** Polls until interrupted. Chats are handled concurrently, the updates of one chat in order. */
export const poll = Effect.fn("TelegramUpdates.poll")(
  function*(handle: (update: Update) => Effect.Effect<void, StoreError>) {
    const client = yield* TelegramClient
    const memory = yield* ChatMemory

    const handleOnce = (update: Update) =>
      Effect.gen(function*() {
        if (Option.isSome(yield* memory.get(doneKey(update.update_id)))) return
        // a bug in handling one update must not hold up later ones
        yield* Effect.catchAllDefect(handle(update), (defect) => Effect.logError("telegram: an update failed", defect))
        yield* memory.claim(doneKey(update.update_id), "done")
      }).pipe(
        Effect.tapError((error) => Effect.logError(error.message, error.cause)),
        Effect.retry(untilStored),
        Effect.annotateLogs({ telegramUpdate: update.update_id })
      )

    const next = Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const known = Option.flatMap(yield* memory.get(offsetKey), readOffset)
      const fresh = Option.filter(known, ({ at }) => now - at < offsetLife)
      const raw = yield* client.updates(Option.getOrUndefined(Option.map(fresh, ({ next }) => next)), kinds)
      const byChat = Arr.groupBy(raw.flatMap((each) => Option.toArray(readUpdate(each))), chatOf)
      yield* Effect.forEach(
        Object.values(byChat),
        (updates) => Effect.forEach(updates, handleOnce, { discard: true }),
        { discard: true, concurrency: 16 }
      )
      const ids = raw.flatMap((each) => Option.toArray(readId(each))).map((each) => each.update_id)
      if (ids.length === 0) return
      const at = yield* Clock.currentTimeMillis
      yield* Effect.retry(memory.set(offsetKey, writeOffset({ next: Math.max(...ids) + 1, at })), untilStored)
    })

    yield* Effect.ignoreLogged(Effect.zipRight(
      memory.forget("telegram", "done", markLife),
      memory.forget("telegram", "reply", markLife)
    ))
    const failures = yield* Ref.make(0)
    const survive = Effect.fnUntraced(function*(error: StoreError | TelegramError) {
      const tries = yield* Ref.getAndUpdate(failures, (count) => count + 1)
      // one line per problem, however long it lasts
      if (tries === 0) yield* Effect.logWarning(error._tag === "StoreError" ? error.message : complaint(error))
      yield* Effect.sleep(pause(tries, error._tag === "StoreError" ? 0 : error.retryAfterMillis ?? 0))
    })
    return yield* Effect.forever(
      Effect.matchEffect(next, { onSuccess: () => Ref.set(failures, 0), onFailure: survive })
    )
  }
)
