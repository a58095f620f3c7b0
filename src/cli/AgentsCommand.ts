/** `opentl agents`: lists the agents of the server, or, without one, of this machine, and which of them the sandbox has. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ListedAgent } from "../domain/AgentInfo.ts"
import { jsonDocument } from "./Json.ts"
import * as Parameters from "./Parameters.ts"
import { Program } from "./Program.ts"
import { oneLine } from "./terminal/SafeText.ts"
import { Stdio } from "./terminal/Stdio.ts"
import * as Table from "./terminal/Table.ts"

const encodeAgents = jsonDocument(Schema.Array(ListedAgent))

interface Listed {
  readonly list: ReadonlyArray<ListedAgent>
  /** The server's; absent for this machine's own. */
  readonly url?: string
  /** Whether it is known what the image has. */
  readonly isKnown?: boolean
}

const stateOf = ({ installed, name, version }: ListedAgent, isKnown: boolean): string =>
  name === "opentl" ? "built in" : installed ? version ?? "installed" : isKnown ? "not in the image" : "unknown"

const unknown = "Docker does not answer, so it is not known what the image has (opentl doctor says more)"

/** Loaded lazily: the engine's client takes longer to load than the other commands take to run. */
const local = Effect.promise(() => import("./AgentList.ts")).pipe(
  Effect.flatMap((module) => module.agents)
)

export const agentsCommand = Command.make(
  "agents",
  { json: Parameters.json("one JSON array"), server: Parameters.server },
  ({ json, server }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const program = yield* Program
      const ofServer = yield* program.agents({ server })
      const { isKnown = true, list, url }: Listed = Option.isSome(ofServer) ? ofServer.value : yield* local
      if (json) {
        yield* stdio.out(encodeAgents(list))
        return yield* stdio.err(isKnown ? "" : `${unknown}\n`)
      }
      const columns: ReadonlyArray<Table.Column> = [
        { header: "NAME", cells: list.map(({ name }) => oneLine(name)) },
        { header: "STATE", cells: list.map((agent) => oneLine(stateOf(agent, isKnown))) },
        { header: "MODELS OF", cells: list.map(({ providers }) => oneLine(providers.join(", "))) }
      ]
      yield* stdio.out(Table.lines(columns, undefined, [], stdio.style.bold).join("\n") + "\n")
      const where = url === undefined
        ? "no server is reachable: these are this machine's"
        : `these are ${oneLine(url)}'s`
      if (!isKnown) return yield* stdio.err(`${where}; ${unknown}\n`)
      const absent = list.find(({ installed }) => !installed)
      const more = absent === undefined
        ? ""
        : `; to put one into the image there: opentl sandbox build --agents ${
          [...list.filter(({ installed, name }) => installed && name !== "opentl"), absent].map(({ name }) =>
            oneLine(name)
          )
            .join(",")
        }`
      yield* stdio.err(`${where}${more}\n`)
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("List the agents and which of them the sandbox has"))
