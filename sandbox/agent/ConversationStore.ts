/**
 * Keeps conversations in files outside of the repository, in the home directory, so that the next round, the next turn and a
 * round after a crash go on with them. A file is written whole or not at all.
 */
import type * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { TodoList } from "./TodoList.ts"
import { settle } from "./TranscriptRepair.ts"

const ToolCall = Schema.Struct({ id: Schema.String, name: Schema.String, input: Schema.Unknown })

const Reply = Schema.Struct({
  raw: Schema.Unknown,
  text: Schema.String,
  calls: Schema.Array(ToolCall),
  stop: Schema.Literal("end", "length"),
  usage: Schema.Struct({ inputTokens: Schema.Number, outputTokens: Schema.Number })
})

const Turn = Schema.Union(
  Schema.TaggedStruct("User", {
    text: Schema.String,
    isPrompt: Schema.optionalWith(Schema.Literal(true), { exact: true }),
    instructions: Schema.optionalWith(Schema.String, { exact: true })
  }),
  Schema.TaggedStruct("Model", { reply: Reply }),
  Schema.TaggedStruct("Tools", {
    results: Schema.Array(Schema.Struct({ callId: Schema.String, text: Schema.String, failed: Schema.Boolean }))
  })
)

const Kept = Schema.Struct({
  version: Schema.Literal(1),
  /** The model that the replies are of: what only it understands is sent to no other. */
  dialect: Schema.Literal("anthropic", "openai"),
  model: Schema.String,
  todo: TodoList,
  transcript: Schema.Array(Turn)
})
export type Kept = typeof Kept.Type

const KeptJson = Schema.parseJson(Kept)
const decode = Schema.decode(KeptJson)

/** There is no such conversation. */
export class ConversationUnknown extends Schema.TaggedError<ConversationUnknown>()("ConversationUnknown", {
  id: Schema.String
}) {
  override get message() {
    return `there is no conversation ${this.id}`
  }
}

/** The file cannot be read as a conversation. It was set aside. */
export class ConversationDamaged extends Schema.TaggedError<ConversationDamaged>()("ConversationDamaged", {
  id: Schema.String,
  keptAs: Schema.String
}) {
  override get message() {
    return `the conversation could not be read; its file was set aside as ${this.keptAs}`
  }
}

/** An id becomes a file's name, and may come from anybody. */
const isName = Schema.is(Schema.String.pipe(Schema.pattern(/^[a-z0-9][a-z0-9-]{0,63}$/)))

export class ConversationStore extends Context.Tag("opentl/agent/ConversationStore")<ConversationStore, {
  /** The conversation, in which every call has a result. */
  readonly load: (
    id: string
  ) => Effect.Effect<Kept, ConversationUnknown | ConversationDamaged | PlatformError.PlatformError>
  readonly save: (id: string, kept: Omit<Kept, "version">) => Effect.Effect<void, PlatformError.PlatformError>
}>() {
  /** Below the home directory. */
  static readonly layer = Layer.effect(
    ConversationStore,
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = path.join(yield* Config.nonEmptyString("HOME"), ".opentl", "conversations")
      const fileOf = (id: string) => path.join(directory, `${id}.json`)

      const load = Effect.fn("ConversationStore.load")(function*(id: string) {
        if (!isName(id) || !(yield* fs.exists(fileOf(id)))) return yield* new ConversationUnknown({ id })
        const text = yield* fs.readFileString(fileOf(id))
        return yield* decode(text).pipe(
          Effect.map((kept) => ({ ...kept, transcript: settle(kept.transcript) })),
          Effect.catchTag("ParseError", () =>
            Effect.gen(function*() {
              const keptAs = `${fileOf(id)}.broken`
              yield* fs.rename(fileOf(id), keptAs)
              return yield* new ConversationDamaged({ id, keptAs })
            }))
        )
      })

      const save = Effect.fn("ConversationStore.save")(function*(id: string, kept: Omit<Kept, "version">) {
        yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
        const file = fileOf(id)
        // plain values, which the types check: they are written after every step
        const text = JSON.stringify({ version: 1, ...kept } satisfies Kept)
        yield* fs.writeFileString(`${file}.new`, text, { mode: 0o600 })
        yield* fs.rename(`${file}.new`, file)
      })

      return ConversationStore.of({ load, save })
    })
  )
}
