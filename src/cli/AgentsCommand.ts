/** `opentl agents`: lists the agents, and which of them this machine's sandbox has. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { AgentInfo } from "../domain/AgentInfo.ts"
import { jsonDocument } from "./Json.ts"
import * as Parameters from "./Parameters.ts"
import { Stdio } from "./terminal/Stdio.ts"
import * as Table from "./terminal/Table.ts"

const encodeAgents = jsonDocument(Schema.Array(AgentInfo))

const stateOf = ({ installed, name, version }: AgentInfo): string =>
  name === "opentl" ? "built in" : installed ? version ?? "installed" : "not in the image"

/** Loaded lazily: the engine's client takes longer to load than the other commands take to run. */
const agents = Effect.flatMap(Effect.promise(() => import("./AgentList.ts")), (module) => module.agents)

export const agentsCommand = Command.make(
  "agents",
  { json: Parameters.json("one JSON array") },
  ({ json }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const { list } = yield* agents
      const found = yield* list
      if (json) return yield* stdio.out(encodeAgents(found))
      const columns: ReadonlyArray<Table.Column> = [
        { header: "NAME", cells: found.map(({ name }) => name) },
        { header: "STATE", cells: found.map(stateOf) },
        { header: "MODELS OF", cells: found.map(({ providers }) => providers.join(", ")) }
      ]
      yield* stdio.out(Table.lines(columns, undefined, [], stdio.style.bold).join("\n") + "\n")
      const absent = found.find(({ installed }) => !installed)
      if (absent !== undefined) {
        yield* stdio.err(`to put more of them into the image: opentl sandbox build --agents ${absent.name}\n`)
      }
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("List the agents and which of them the sandbox has"))
