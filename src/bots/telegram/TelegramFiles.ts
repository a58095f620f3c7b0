/** A session's log and diff as documents. */
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Sessions } from "../../actors/Sessions.ts"
import type { SessionId } from "../../domain/Ids.ts"
import type { StoreError } from "../../services/store/StoreError.ts"

export interface TelegramFile {
  readonly name: string
  readonly content: string
}

/** UTF-16 code units of a log; even at four bytes each that is below Telegram's 50 MB. */
const logLimit = 8_000_000

/** The last lines that fit, and whether earlier ones were left out. */
interface Tail {
  readonly lines: Chunk.Chunk<string>
  readonly length: number
  readonly isCut: boolean
}

const append = (tail: Tail, line: string): Tail => {
  let lines: Chunk.Chunk<string> = Chunk.append(tail.lines, line)
  let length = tail.length + line.length
  let isCut = tail.isCut
  while (length > logLimit && lines.length > 1) {
    length -= Chunk.unsafeHead(lines).length
    lines = Chunk.drop(lines, 1)
    isCut = true
  }
  return { lines, length, isCut }
}

const named = (name: string, content: string): TelegramFile | undefined =>
  content === "" ? undefined : { name, content }

export class SessionFiles extends Context.Tag("opentl/bots/telegram/TelegramFiles/SessionFiles")<SessionFiles, {
  /** The terminal log, its last 8 million characters; `undefined` where there is nothing. */
  readonly log: (id: SessionId) => Effect.Effect<TelegramFile | undefined, StoreError>
  /** The newest diff; `undefined` where nothing was changed. */
  readonly diff: (id: SessionId) => Effect.Effect<TelegramFile | undefined, StoreError>
}>() {
  static readonly layer = Layer.effect(
    SessionFiles,
    Effect.map(Sessions, (sessions) =>
      SessionFiles.of({
        log: Effect.fn("SessionFiles.log")((id) =>
          sessions.log(id).pipe(
            Stream.runFold<Tail, string>({ lines: Chunk.empty(), length: 0, isCut: false }, append),
            Effect.map(({ isCut, lines }) =>
              named(
                `${id}.log`,
                `${isCut ? `[the beginning is left out: opentl logs ${id}]\n` : ""}${Chunk.join(lines, "")}`
              )
            ),
            Effect.catchTag("SessionNotFound", () => Effect.succeed(undefined))
          )
        ),
        diff: Effect.fn("SessionFiles.diff")((id) =>
          sessions.diff(id).pipe(
            Effect.map((content) => named(`${id}.diff`, content)),
            Effect.catchTag("SessionNotFound", () => Effect.succeed(undefined))
          )
        )
      }))
  )
}
