/** Sessions for commands that want more of them than a page has. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ListSessions } from "../actors/sessions/Sessions.ts"
import type { SessionId } from "../domain/Ids.ts"
import type { Reading } from "./Program.ts"

const pageSize = 200

/** The newest sessions first, from as many pages as are needed; all of them without a limit. */
export const newestSessions = (
  { sessions }: { readonly sessions: Pick<Reading["sessions"], "list"> },
  { limit = Number.MAX_SAFE_INTEGER, ...query }: Partial<Omit<ListSessions, "before">>
) =>
  Stream.paginateChunkEffect(
    Option.none<SessionId>(),
    (before) =>
      sessions.list({ ...query, limit: Math.min(pageSize, limit), before: Option.getOrUndefined(before) }).pipe(
        Effect.map(({ hasMore, sessions }) => {
          const last = Option.fromNullable(sessions.at(-1)?.id).pipe(
            Option.filter(() => hasMore),
            Option.map(Option.some)
          )
          return [Chunk.unsafeFromArray(sessions), last] as const
        })
      )
  ).pipe(Stream.take(limit))
