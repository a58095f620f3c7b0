/**
 * The agent that works in the sandbox. `command` and `acp` run the operator's shell line, so they are never accepted from
 * outside.
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** Agents by name: the built-in one, and public ones that the sandbox's image may have. */
export const AgentName = Schema.Literal("opentl", "claude-code", "codex", "opencode", "pi", "goose", "qwen", "gemini")
export type AgentName = typeof AgentName.Type

/** The agents that are offered. */
export const available: ReadonlyArray<AgentName> = AgentName.literals

export type Agent = Data.TaggedEnum<{
  Named: { readonly name: AgentName }
  Command: { readonly line: string }
  /** A program that speaks the Agent Client Protocol on its standard streams. */
  Acp: { readonly line: string }
}>
export const Agent = Data.taggedEnum<Agent>()

const isAgentName = Schema.is(AgentName)

const lineAfter = (prefix: string, input: string): string =>
  input.startsWith(prefix) ? input.slice(prefix.length).trim() : ""

/** Reads `opentl`, `codex`, …, `command:<shell line>` or `acp:<shell line>`. */
export const parse = (input: string): Either.Either<Agent, string> => {
  if (isAgentName(input)) return Either.right(Agent.Named({ name: input }))
  const command = lineAfter("command:", input)
  if (command !== "") return Either.right(Agent.Command({ line: command }))
  const acp = lineAfter("acp:", input)
  if (acp !== "") return Either.right(Agent.Acp({ line: acp }))
  return Either.left(
    `"${input.slice(0, 100)}" is not an agent: use auto, ${
      available.join(", ")
    }, command:<shell line>, or acp:<shell line>`
  )
}

/** Whether it runs a shell line of the operator's. */
export const isShellLine = (agent: Agent): boolean => agent._tag !== "Named"

/** The spelling that `parse` reads. Only for the store, as it contains the operator's shell line. */
export const spell: (agent: Agent) => string = Agent.$match({
  Named: ({ name }) => name,
  Command: ({ line }) => `command:${line}`,
  Acp: ({ line }) => `acp:${line}`
})

/** The kind of program that it is in a sandbox: OPENTL_AGENT there. */
export const program: (agent: Agent) => string = Agent.$match({
  Named: ({ name }) => name === "opentl" ? "opentl" : "acp",
  Command: () => "command",
  Acp: () => "acp"
})

/** The displayed name: a shell line's kind, without the line. */
export const show: (agent: Agent) => string = Agent.$match({
  Named: ({ name }) => name,
  Command: () => "command",
  Acp: () => "acp"
})

const isAgent = (u: unknown): u is Agent => Agent.$is("Named")(u) || Agent.$is("Command")(u) || Agent.$is("Acp")(u)

export const AgentFromString: Schema.Schema<Agent, string> = Schema.transformOrFail(
  Schema.String,
  Schema.declare(isAgent, {
    arbitrary: () => (check) =>
      check.oneof(
        check.constantFrom(...AgentName.literals).map((name) => Agent.Named({ name })),
        check.stringMatching(/^\S(.*\S)?$/).map((line) => Agent.Command({ line })),
        check.stringMatching(/^\S(.*\S)?$/).map((line) => Agent.Acp({ line }))
      )
  }),
  {
    strict: true,
    decode: (input, _, ast) => Either.mapLeft(parse(input), (message) => new ParseResult.Type(ast, input, message)),
    encode: (agent) => ParseResult.succeed(spell(agent))
  }
)
