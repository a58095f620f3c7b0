/** `opentl config`: prints the effective configuration and where each value comes from. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { describeConfig } from "../services/config/EffectiveConfig.ts"
import { jsonDocument } from "./Json.ts"
import * as Parameters from "./Parameters.ts"
import { oneLine } from "./terminal/SafeText.ts"
import { Stdio } from "./terminal/Stdio.ts"
import * as Table from "./terminal/Table.ts"

const encodeValues = jsonDocument(Schema.Array(Schema.Struct({
  name: Schema.String,
  value: Schema.String,
  source: Schema.String,
  secret: Schema.Boolean
})))

export const configCommand = Command.make(
  "config",
  { json: Parameters.json("one JSON array") },
  ({ json }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const values = yield* describeConfig
      if (json) return yield* stdio.out(encodeValues(values))
      const columns: ReadonlyArray<Table.Column> = [
        { header: "NAME", cells: values.map(({ name }) => name) },
        { header: "SOURCE", cells: values.map(({ source }) => source), paint: (text) => stdio.style.dim(text) },
        { header: "VALUE", cells: values.map(({ value }) => oneLine(value)) }
      ]
      yield* stdio.out(Table.lines(columns, undefined, [], stdio.style.bold).join("\n") + "\n")
    })
).pipe(
  Command.withDescription("Print the configuration and where each value comes from")
)
