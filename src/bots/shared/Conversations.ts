/**
 * What all chats share: which session a conversation (a thread, a chat, a topic) is about, which repository it uses,
 * who a person is, and how a request becomes a session that is followed there. Stored in `ChatMemory`; refusals are
 * sentences for the person who asked.
 */
import type * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { Sessions } from "../../actors/sessions/Sessions.ts"
import { SessionId } from "../../domain/Ids.ts"
import * as Repository from "../../domain/Repository.ts"
import type { Requester } from "../../domain/Requester.ts"
import type { Session } from "../../domain/Session.ts"
import { CreateSession } from "../../domain/SessionRequest.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { type ChatKey, ChatMemory, type ChatPlatform } from "../../services/store/ChatMemory.ts"
import { Outbox } from "../../services/store/Outbox.ts"
import type { StoreError } from "../../services/store/StoreError.ts"
import { parse, repositoryName, type RequestText } from "./RequestText.ts"
import type { Written } from "./WrittenText.ts"

/** A refusal, as a sentence for the person who asked. */
export class ChatRefusal extends Schema.TaggedError<ChatRefusal>()("ChatRefusal", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** A conversation on a platform: a thread, a chat, a topic, or the data of a single message. */
export interface Conversation {
  readonly platform: ChatPlatform
  readonly key: string
}

/** The key under which a named value of a conversation is stored. */
export const memoryKey = ({ key, platform }: Conversation, name: string): ChatKey => ({ platform, place: key, name })

export interface OpenSession {
  readonly platform: ChatPlatform
  /** The task, with its flags. */
  readonly written: Written
  /** The conversation before the request, added after the task as context. */
  readonly context?: string
  /** Where to look for its repository; `--repo` takes precedence. */
  readonly repositories: Repositories
  readonly by: Requester
  /** Identifies the request on its platform: repeating it opens no second session. */
  readonly key: string
  /** The outbox's watcher, whose name starts with the platform and a colon, and what the platform needs to reach it. */
  readonly watcher: string
  readonly target: unknown
  /** The conversations to bind to this session, in this order; those that another session keeps are left out. */
  readonly conversations: ReadonlyArray<Conversation>
}

/** Where to look for the repository of a conversation, in this order. */
export interface Repositories {
  /** The conversation, then those that contain it. */
  readonly conversations: Arr.NonEmptyReadonlyArray<Conversation>
  /** The operator's configuration for it. */
  readonly configured: ReadonlyArray<Option.Option<string>>
}

export interface DefaultRepository {
  readonly repo: string
  /** Whether the operator chose it: then it may be any local repository. */
  readonly isConfigured: boolean
}

export class Conversations extends Context.Tag("opentl/bots/shared/Conversations")<Conversations, {
  /** Creates a session, follows it from its first event, and binds the conversations to it. Idempotent. */
  readonly open: (request: OpenSession) => Effect.Effect<Session, ChatRefusal | StoreError>
  /** The session of the first of the conversations that is bound to one. */
  readonly sessionOf: (
    ...conversations: ReadonlyArray<Conversation>
  ) => Effect.Effect<Option.Option<SessionId>, StoreError>
  /** Binds the conversation to the session. */
  readonly bind: (conversation: Conversation, session: SessionId) => Effect.Effect<void, StoreError>
  readonly unbind: (conversation: Conversation) => Effect.Effect<void, StoreError>
  readonly repositoryOf: (repositories: Repositories) => Effect.Effect<Option.Option<DefaultRepository>, StoreError>
  /** Sets a conversation's repository, and returns its spelling. */
  readonly setRepository: (conversation: Conversation, repo: string) => Effect.Effect<string, ChatRefusal | StoreError>
  /** The requester for a person: the name in OPENTL_IDENTITIES for their id, else their name on the platform. */
  readonly requester: (platform: ChatPlatform, userId: string, shownName: string) => Requester
}>() {
  static readonly layer = Layer.effect(
    Conversations,
    Effect.gen(function*() {
      const config = yield* AppConfig
      const memory = yield* ChatMemory
      const outbox = yield* Outbox
      const sessions = yield* Sessions
      const readId = Schema.decodeOption(SessionId)
      const decodeRequest = Schema.decodeUnknown(CreateSession)

      const bind = (conversation: Conversation, session: SessionId) =>
        memory.set(memoryKey(conversation, "session"), session)

      const requested = Effect.fnUntraced(function*(
        { context }: OpenSession,
        text: RequestText,
        repository: Option.Option<DefaultRepository>
      ) {
        const repo = text.repo ?? Option.getOrUndefined(repository)?.repo
        if (repo === undefined) {
          return yield* new ChatRefusal({
            reason: "which repository? Add --repo owner/name, or set a default for this conversation"
          })
        }
        if (text.prompt === "") return yield* new ChatRefusal({ reason: "what should be done? The task is empty" })
        const body = {
          repo,
          prompt: context === undefined ? text.prompt : `${text.prompt}\n\n${context}`,
          ...(text.agent === undefined ? {} : { agent: text.agent }),
          ...(text.model === undefined ? {} : { model: text.model }),
          ...(text.base === undefined ? {} : { base: text.base }),
          ...(text.approve ? { approve_plan: true } : {}),
          ...(text.plan ? { plan_only: true } : {})
        }
        return yield* Effect.mapError(decodeRequest(body), (error) => new ChatRefusal({ reason: reasonOf(error) }))
      })

      const repositoryOf = Effect.fn("Conversations.repositoryOf")(
        function*({ configured, conversations }: Repositories) {
          for (const conversation of conversations) {
            const repo = yield* memory.get(memoryKey(conversation, "repository"))
            if (Option.isSome(repo)) return Option.some({ repo: repo.value, isConfigured: false })
          }
          return Option.map(Option.firstSomeOf(configured), (repo) => ({ repo, isConfigured: true }))
        }
      )

      return Conversations.of({
        open: Effect.fn("Conversations.open")(function*(request) {
          const { by, conversations, key, platform, repositories, target, watcher, written } = request
          const text = yield* Either.mapLeft(parse(written), ({ reason }) => new ChatRefusal({ reason }))
          const repository = yield* repositoryOf(repositories)
          const { session } = yield* sessions.create(yield* requested(request, text, repository), {
            by,
            idempotencyKey: `${platform}:${key}`,
            // the earlier conversation may differ when the same request is read again
            body: { platform, key },
            trustLocalPaths: text.repo === undefined && Option.exists(repository, ({ isConfigured }) => isConfigured),
            trustCommands: false
          }).pipe(Effect.catchTags({
            InvalidRequest: (error) => new ChatRefusal({ reason: error.message }),
            IdempotencyConflict: (error) => new ChatRefusal({ reason: error.message }),
            SessionUnavailable: (error) => new ChatRefusal({ reason: error.message })
          }))
          yield* outbox.watch({ sessionId: session.id, watcher }, target)
          yield* Effect.forEach(conversations, (conversation) => bind(conversation, session.id), { discard: true })
          return session
        }),
        sessionOf: Effect.fn("Conversations.sessionOf")(function*(...conversations: ReadonlyArray<Conversation>) {
          for (const conversation of conversations) {
            const session = Option.flatMap(yield* memory.get(memoryKey(conversation, "session")), (id) => readId(id))
            if (Option.isSome(session)) return session
          }
          return Option.none()
        }),
        bind: Effect.fn("Conversations.bind")(bind),
        unbind: Effect.fn("Conversations.unbind")((conversation: Conversation) =>
          memory.remove(memoryKey(conversation, "session"))
        ),
        repositoryOf,
        setRepository: Effect.fn("Conversations.setRepository")(function*(conversation, repo) {
          const parsed = yield* Either.mapLeft(
            Repository.parse(repositoryName(repo), config.github.serverUrl),
            (error) => new ChatRefusal({ reason: error.message })
          )
          const shown = Repository.show(parsed)
          yield* memory.set(memoryKey(conversation, "repository"), shown)
          return shown
        }),
        requester: (platform, userId, shownName) => {
          const known = config.identities.find(({ id, via }) => via === platform && id === userId)
          // anybody may call themselves like a person of OPENTL_IDENTITIES
          const isFree = shownName !== "" && !config.identities.some(({ name }) => name === shownName)
          return { name: known?.name ?? (isFree ? shownName : userId), via: platform }
        }
      })
    })
  )
}

/** The first problem of a request, in one line. */
const reasonOf = (error: ParseResult.ParseError): string => {
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  return issue === undefined ? "this is not a valid request" : `${issue.path.join(".")}: ${issue.message}`
}
