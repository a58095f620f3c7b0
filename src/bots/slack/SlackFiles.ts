/** The files that go into a thread: logs and diffs. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Sessions } from "../../actors/Sessions.ts"
import type { SessionId } from "../../domain/Ids.ts"

/** A log longer than this loses its beginning. */
const longestLog = 5_000_000

/** The same text, from its end, in at most so many UTF-16 units. */
const tail = (text: string): string =>
  text.length <= longestLog ? text : `…\n${text.slice(text.indexOf("\n", text.length - longestLog) + 1)}`

export const fileNames = {
  log: (session: SessionId, turn: number) => `opentl-${session}-turn-${turn}.log`,
  diff: (session: SessionId) => `opentl-${session}.diff`
}

/** A session's log as a file; never empty, as Slack takes no empty file. */
export const logOf = (sessions: Context.Tag.Service<Sessions>, id: SessionId) =>
  sessions.log(id).pipe(
    Stream.runFold("", (log, line) => log.length + line.length > 2 * longestLog ? tail(log) + line : log + line),
    Effect.map((log) => log === "" ? "(empty)\n" : tail(log))
  )
