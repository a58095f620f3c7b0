/** `opentl help`: declared for help pages and completions. What it prints is decided before the parser runs. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Parameters from "./Parameters.ts"

export const helpCommand = Command.make(
  "help",
  { command: Parameters.words("command", "the command, for example: sandbox build") },
  () => Effect.void
).pipe(Command.withDescription("Show the commands, or one command's options and examples"))
