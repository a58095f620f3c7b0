/**
 * Programs of this machine that need nothing of the server's environment but where programs are. `StarterExecutor` can start such a
 * program, which costs the server's one thread 5 ms less.
 */
import * as Command from "@effect/platform/Command"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"

/** The server's own PATH. */
export const searchPath = Config.withDefault(Config.string("PATH"), "/usr/local/bin:/usr/bin:/bin")

/** Makes commands with nothing but the search path in their environment. */
export const make: Effect.Effect<(command: string, ...args: ReadonlyArray<string>) => Command.Command> = Effect.map(
  Effect.orDie(searchPath),
  (PATH) => (command, ...args) => Command.env(Command.make(command, ...args), { PATH }, { extendEnv: false })
)
