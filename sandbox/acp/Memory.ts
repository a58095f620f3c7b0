/**
 * What the host program keeps in the agent's home between rounds: the id of the agent's session, and what was asked and
 * answered, for an agent that cannot go on with its own conversation.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const Exchange = Schema.Struct({ asked: Schema.String, answered: Schema.String })
type Exchange = typeof Exchange.Type

export const Memory = Schema.Struct({
  agent: Schema.String,
  sessionId: Schema.NonEmptyString,
  /** Whether the agent was at work when this was written: if it still says so, it was interrupted. */
  isWorking: Schema.Boolean,
  exchanges: Schema.Array(Exchange)
})
export type Memory = typeof Memory.Type

const MemoryJson = Schema.parseJson(Memory)

/** What is kept of a question and of an answer, in characters, and how many of both. */
const longestAsked = 2_000
const longestAnswered = 4_000
const mostExchanges = 12

const cut = (text: string, most: number): string => text.length <= most ? text : `${text.slice(0, most)} …`

/** As much of a conversation as is kept: its last exchanges, shortened. */
export const shortened = (exchanges: ReadonlyArray<Exchange>): ReadonlyArray<Exchange> =>
  exchanges.slice(-mostExchanges).map(({ answered, asked }) => ({
    asked: cut(asked, longestAsked),
    answered: cut(answered, longestAnswered)
  }))

/** Adds what was asked and answered. */
export const remember = (memory: Memory, asked: string, answered: string): Memory => ({
  ...memory,
  isWorking: false,
  exchanges: [...memory.exchanges, ...shortened([{ asked, answered }])].slice(-mostExchanges)
})

/** Tells an agent that does not know it what was asked and answered before. Empty if there was nothing. */
export const retell = ({ exchanges }: Pick<Memory, "exchanges">): string =>
  exchanges.length === 0 ? "" : [
    "Your earlier conversation about this repository is not available any more. This is what was asked and answered in it; " +
    "the files are as you left them.",
    ...exchanges.map(({ answered, asked }) =>
      `# Asked\n\n${asked}\n\n# Answered\n\n${answered === "" ? "(nothing)" : answered}`
    ),
    "# Now"
  ].join("\n\n")

const file = Effect.map(
  Effect.all([Path.Path, Schema.Config("HOME", Schema.NonEmptyString)]),
  ([path, home]) => ({ directory: path.join(home, ".opentl"), file: path.join(home, ".opentl", "agent-session.json") })
)

/** What was kept for this agent; none if it is another one's, or cannot be read: the agent can write it, too. */
export const load = Effect.fn("Memory.load")(function*(agent: string) {
  const fs = yield* FileSystem.FileSystem
  const { file: path } = yield* file
  return yield* fs.readFileString(path).pipe(
    Effect.flatMap(Schema.decode(MemoryJson)),
    Effect.option,
    Effect.map(Option.filter((memory) => memory.agent === agent))
  )
})

/** Keeps it: whole or not at all. */
export const save = Effect.fn("Memory.save")(function*(memory: Memory) {
  const fs = yield* FileSystem.FileSystem
  const { directory, file: path } = yield* file
  yield* fs.makeDirectory(directory, { recursive: true })
  yield* fs.writeFileString(`${path}.new`, yield* Schema.encode(MemoryJson)(memory))
  yield* fs.rename(`${path}.new`, path)
})
