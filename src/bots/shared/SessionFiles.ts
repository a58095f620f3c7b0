/** A session's terminal log and changes, as files for a chat. */
import * as Chunk from "effect/Chunk"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Sessions } from "../../actors/sessions/Sessions.ts"
import type { SessionId } from "../../domain/Ids.ts"
import type { FileKind } from "./Posted.ts"

export interface SessionFile {
  readonly name: string
  readonly content: string
}

/** A platform's format for files. */
export interface FileFormat {
  /** The most UTF-16 code units of a log; a longer one loses its beginning. */
  readonly longestLog: number
  /** The note at the top of a log that lost its beginning. */
  readonly cutNote: (session: SessionId) => string
  /** The text for an empty log; empty if it is not worth a file. */
  readonly emptyLog: string
  /** The file's name. `turn` is the finished turn; absent if a person requested the file. */
  readonly nameOf: (kind: FileKind, session: SessionId, turn: number | undefined) => string
}

/** The last lines that fit, and whether earlier ones were cut. */
interface Tail {
  readonly lines: Chunk.Chunk<string>
  readonly length: number
  readonly isCut: boolean
}

const append = (longest: number) => (tail: Tail, line: string): Tail => {
  let lines: Chunk.Chunk<string> = Chunk.append(tail.lines, line)
  let length = tail.length + line.length
  let isCut = tail.isCut
  while (length > longest && lines.length > 1) {
    length -= Chunk.unsafeHead(lines).length
    lines = Chunk.drop(lines, 1)
    isCut = true
  }
  return { lines, length, isCut }
}

/** A session's log as one text; if it is too long, only its end. */
export const logOf = (
  sessions: Context.Tag.Service<Sessions>,
  id: SessionId,
  { cutNote, longestLog }: Pick<FileFormat, "cutNote" | "longestLog">
) =>
  sessions.log(id).pipe(
    Stream.runFold<Tail, string>({ lines: Chunk.empty(), length: 0, isCut: false }, append(longestLog)),
    Effect.map(({ isCut, lines }) => `${isCut ? cutNote(id) : ""}${Chunk.join(lines, "")}`)
  )

/** Reads files in the platform's format; none if a file would be empty. */
export const reader = (sessions: Context.Tag.Service<Sessions>, format: FileFormat) =>
  Effect.fnUntraced(function*(kind: FileKind, id: SessionId, turn?: number) {
    const content = kind === "diff" ? yield* sessions.diff(id) : (yield* logOf(sessions, id, format)) || format.emptyLog
    return content === "" ? Option.none() : Option.some({ name: format.nameOf(kind, id, turn), content })
  })
