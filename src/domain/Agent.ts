/**
 * The agent that works in the sandbox. `command` runs the operator's shell line, so it is never accepted from outside.
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** Agents by name. The third-party ones get their adapters in a later release; their names are reserved. */
export const AgentName = Schema.Literal("opentl", "claude-code", "codex", "opencode", "pi")
export type AgentName = typeof AgentName.Type

/** The agents that this version can run; no others are offered. */
export const available: ReadonlyArray<AgentName> = ["opentl"]

export type Agent = Data.TaggedEnum<{
  Named: { readonly name: AgentName }
  Command: { readonly line: string }
}>
export const Agent = Data.taggedEnum<Agent>()

const isAgentName = Schema.is(AgentName)

/** Reads `opentl`, `codex`, … or `command:<shell line>`. */
export const parse = (input: string): Either.Either<Agent, string> => {
  if (isAgentName(input)) return Either.right(Agent.Named({ name: input }))
  const line = input.startsWith("command:") ? input.slice("command:".length).trim() : ""
  return line === ""
    ? Either.left(
      `"${input.slice(0, 100)}" is not an agent: use ${available.join(", ")}, or command:<shell line>`
    )
    : Either.right(Agent.Command({ line }))
}

/** The spelling that `parse` reads. Only for the store, as it contains the operator's shell line. */
export const spell: (agent: Agent) => string = Agent.$match({
  Named: ({ name }) => name,
  Command: ({ line }) => `command:${line}`
})

/** The displayed name: a command shows as `command`, without its shell line. */
export const show: (agent: Agent) => string = Agent.$match({ Named: ({ name }) => name, Command: () => "command" })

export const AgentFromString: Schema.Schema<Agent, string> = Schema.transformOrFail(
  Schema.String,
  Schema.declare((u): u is Agent => Agent.$is("Named")(u) || Agent.$is("Command")(u), {
    arbitrary: () => (check) =>
      check.oneof(
        check.constantFrom(...AgentName.literals).map((name) => Agent.Named({ name })),
        check.stringMatching(/^\S(.*\S)?$/).map((line) => Agent.Command({ line }))
      )
  }),
  {
    strict: true,
    decode: (input, _, ast) => Either.mapLeft(parse(input), (message) => new ParseResult.Type(ast, input, message)),
    encode: (agent) => ParseResult.succeed(spell(agent))
  }
)
