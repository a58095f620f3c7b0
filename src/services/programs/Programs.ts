/**
 * Runs programs for their output. A small program starts them (`ProgramStarter.ts`); until that is ready, where there is none,
 * and once it was lost, they are started by the platform's executor.
 */
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { fileURLToPath } from "node:url"
import * as DirectPrograms from "./DirectPrograms.ts"
import type { Run } from "./Program.ts"
import * as ProgramStarter from "./ProgramStarter.ts"
import * as StartedPrograms from "./StartedPrograms.ts"

/** Where the build puts the starter: beside the bundled program, or where it is in the library. */
const places = ["./starter.mjs", "../../starter.js"].map((place) => fileURLToPath(new URL(place, import.meta.url)))

/** With a starter, a file that Node runs; without it by `direct`. */
export const make = Effect.fnUntraced(function*(file: string, direct: Run) {
  const starter = yield* ProgramStarter.make(file)
  const started = StartedPrograms.make(starter)
  const run: Run = (program, onOutput) =>
    Effect.suspend(() => (starter.isReady() ? started : direct)(program, onOutput))
  return run
})

export class Programs extends Context.Tag("opentl/services/programs/Programs")<Programs, {
  readonly run: Run
}>() {
  /** By the platform's executor alone. */
  static readonly layerDirect = Layer.effect(
    Programs,
    Effect.map(CommandExecutor.CommandExecutor, (executor) => Programs.of({ run: DirectPrograms.make(executor) }))
  )

  /** As provided; by the platform's executor alone where nobody has. */
  static readonly orDirect: Effect.Effect<Run, never, CommandExecutor.CommandExecutor> = Effect.flatMap(
    Effect.serviceOption(Programs),
    Option.match({
      onNone: () => Effect.map(CommandExecutor.CommandExecutor, DirectPrograms.make),
      onSome: ({ run }) => Effect.succeed(run)
    })
  )

  /** With the installed package's starter. */
  static readonly layer = Layer.scoped(
    Programs,
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const direct = DirectPrograms.make(yield* CommandExecutor.CommandExecutor)
      const found = yield* Effect.filter(places, (place) => Effect.orElseSucceed(fs.exists(place), () => false))
      const run = yield* Option.match(Arr.head(found), {
        onNone: () => Effect.succeed(direct),
        onSome: (file) => make(file, direct)
      })
      return Programs.of({ run })
    })
  )
}
