/** The configuration as `opentl config` shows it: every variable, its effective value, and where that comes from. */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ConfigSource from "./ConfigSource.ts"
import type { Variable } from "./ConfigVariable.ts"
import { variables } from "./ConfigVariables.ts"

/** The effective value of a variable. */
export interface EffectiveValue {
  readonly name: string
  /** Masked for a secret; empty if the variable is unset and has no default. */
  readonly value: string
  readonly source: ConfigSource.Source
  readonly secret: boolean
}

/** Every variable with its effective value and source. Values are not checked. */
export const describeConfig: Effect.Effect<
  ReadonlyArray<EffectiveValue>,
  ConfigSource.ConfigInvalid | ConfigSource.ConfigFileInvalid,
  FileSystem.FileSystem | Path.Path
> = Effect.gen(
  function*() {
    const texts = yield* ConfigSource.texts
    return yield* Effect.forEach(
      Object.values(variables),
      (variable: Variable<unknown>) =>
        Effect.map(texts.find(variable), (found): EffectiveValue => {
          const [text, source] = Option.getOrElse(found, () => ["", "default"] as const)
          const shown = variable === variables.dataDir ? texts.dataDir : text
          return {
            name: variable.name,
            value: variable.secret && text !== "" ? "********" : shown,
            source,
            secret: variable.secret
          }
        })
    )
  }
)
