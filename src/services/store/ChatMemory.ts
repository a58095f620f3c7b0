/**
 * What a bot must remember across restarts, keyed by place (a channel, a thread, a chat, a topic) and name. Values are
 * short texts; whoever writes one decodes it with its own schema.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { StoreError } from "./StoreError.ts"

export type ChatPlatform = "slack" | "telegram"

export interface ChatKey {
  readonly platform: ChatPlatform
  readonly place: string
  readonly name: string
}

export class ChatMemory extends Context.Tag("opentl/services/store/ChatMemory")<ChatMemory, {
  readonly get: (key: ChatKey) => Effect.Effect<Option.Option<string>, StoreError>
  readonly set: (key: ChatKey, value: string) => Effect.Effect<void, StoreError>
  readonly remove: (key: ChatKey) => Effect.Effect<void, StoreError>
  /**
   * Sets the value if there is none yet; returns whether it did. True once for each delivery, however often that
   * arrives.
   */
  readonly claim: (key: ChatKey, value: string) => Effect.Effect<boolean, StoreError>
  /** Deletes the values with this name that are older than `age`. */
  readonly forget: (platform: ChatPlatform, name: string, age: Duration.Duration) => Effect.Effect<void, StoreError>
}>() {
  static readonly layer = Layer.effect(
    ChatMemory,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const failing = (operation: string) => Effect.mapError((cause: unknown) => new StoreError({ operation, cause }))
      const read = SqlSchema.findOne({
        Request: Schema.Struct({ platform: Schema.String, place: Schema.String, name: Schema.String }),
        Result: Schema.Struct({ value: Schema.String }),
        execute: ({ name, place, platform }) =>
          sql`SELECT value FROM chat_memory WHERE platform = ${platform} AND place = ${place} AND name = ${name}`
      })
      const row = (key: ChatKey, value: string) =>
        Effect.map(Clock.currentTimeMillis, (now) => ({ ...key, value, updated_at: now }))

      return ChatMemory.of({
        get: Effect.fn("ChatMemory.get")((key: ChatKey) =>
          Effect.map(failing("read the chat's memory")(read(key)), Option.map(({ value }) => value))
        ),
        set: Effect.fn("ChatMemory.set")(function*(key: ChatKey, value: string) {
          yield* sql`INSERT INTO chat_memory ${sql.insert(yield* row(key, value))}
            ON CONFLICT (platform, place, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`
        }, failing("write the chat's memory")),
        remove: Effect.fn("ChatMemory.remove")(function*({ name, place, platform }: ChatKey) {
          yield* sql`DELETE FROM chat_memory WHERE platform = ${platform} AND place = ${place} AND name = ${name}`
        }, failing("write the chat's memory")),
        claim: Effect.fn("ChatMemory.claim")(function*(key: ChatKey, value: string) {
          const rows = yield* sql`INSERT INTO chat_memory ${sql.insert(yield* row(key, value))}
            ON CONFLICT (platform, place, name) DO NOTHING RETURNING name`
          return rows.length > 0
        }, failing("write the chat's memory")),
        forget: Effect.fn("ChatMemory.forget")(function*(platform: ChatPlatform, name: string, age: Duration.Duration) {
          const before = (yield* Clock.currentTimeMillis) - Duration.toMillis(age)
          yield* sql`DELETE FROM chat_memory WHERE platform = ${platform} AND name = ${name} AND updated_at < ${before}`
        }, failing("write the chat's memory"))
      })
    })
  )
}
