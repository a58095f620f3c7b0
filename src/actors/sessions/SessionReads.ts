/** Reads of sessions, for processes that do not own the database. */
import * as Chunk from "effect/Chunk"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { SessionEventView } from "../../domain/EventText.ts"
import type { SessionId } from "../../domain/Ids.ts"
import * as Repository from "../../domain/Repository.ts"
import { SessionNotFound } from "../../domain/Session.ts"
import { InvalidRequest } from "../../domain/SessionRequest.ts"
import { NotVerified } from "../../domain/Verification.ts"
import { EventLog } from "../../services/store/EventLog.ts"
import { SessionHistory } from "../../services/store/SessionHistory.ts"
import type { Sessions } from "./Sessions.ts"

export type SessionReads = Pick<
  Context.Tag.Service<Sessions>,
  "diff" | "events" | "eventsPage" | "find" | "get" | "list" | "log" | "verification"
>

/**
 * Reads stored sessions, without their queue positions, which only the owner knows. Addresses on `serverUrl` (GitHub)
 * are read as repository names.
 */
export const make = Effect.fnUntraced(function*(
  serverUrl: string
): Effect.fn.Return<SessionReads, never, EventLog | SessionHistory> {
  const history = yield* SessionHistory
  const log = yield* EventLog

  /** The canonical spelling of a repository, under which its sessions are found; any other text is used as it is. */
  const spelled = (repo: string): string =>
    Either.match(Repository.parse(repo, serverUrl), { onLeft: () => repo, onRight: Repository.show })

  return {
    get: Effect.fn("SessionReads.get")(history.get),
    find: Effect.fn("SessionReads.find")(function*(prefix) {
      const isId = /^[0-9A-Za-z-]+$/.test(prefix)
      const asWritten = isId ? yield* history.byPrefix(prefix) : []
      // ids are in lower case, apart from what an original's database may have
      const found = isId && asWritten.length === 0 ? yield* history.byPrefix(prefix.toLowerCase()) : asWritten
      const exact = found.find((session) => session.id === prefix) ?? (found.length === 1 ? found[0] : undefined)
      if (exact !== undefined) return exact
      if (found.length === 0) return yield* new SessionNotFound({ id: prefix })
      const ids = found.map((session) => session.id).join(", ")
      return yield* new InvalidRequest({ reason: `"${prefix}" is ambiguous: ${ids}${found.length > 5 ? ", …" : ""}` })
    }),
    list: Effect.fn("SessionReads.list")(function*({ before, limit, repo, status }) {
      if (before !== undefined) {
        yield* Effect.catchTag(
          history.get(before),
          "SessionNotFound",
          () => new InvalidRequest({ reason: `before: there is no session ${before}` })
        )
      }
      const rows = yield* history.list({
        status: status ?? null,
        repo: repo === undefined ? null : spelled(repo),
        before: before ?? null,
        limit: limit + 1
      })
      return { sessions: rows.slice(0, limit), hasMore: rows.length > limit }
    }),
    events: log.stream,
    eventsPage: log.page,
    diff: Effect.fn("SessionReads.diff")((id) => Effect.zipRight(history.get(id), history.patch(id))),
    verification: Effect.fn("SessionReads.verification")((id) =>
      Effect.zipRight(history.get(id), history.verification(id)).pipe(
        Effect.flatMap(Option.match({ onNone: () => new NotVerified({ id }), onSome: Effect.succeed }))
      )
    ),
    log: (id) => pages(log, id).pipe(Stream.map(logLine))
  }
})

/** All events stored so far. */
const pages = (log: Context.Tag.Service<EventLog>, id: SessionId) =>
  Stream.paginateChunkEffect(0, (after) =>
    Effect.map(log.page(id, after, 500), (events) => {
      const last = events[events.length - 1]
      return [Chunk.unsafeFromArray(events), last === undefined ? Option.none() : Option.some(last.id)] as const
    }))

/** Output unchanged; every other event marked with its type: `[status] turn 1 started`. */
const logLine = (event: SessionEventView): string =>
  event.type === "output" ? `${event.data}\n` : `[${event.type}] ${event.data}\n`
