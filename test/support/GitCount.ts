/** The processes of git that the server starts, as its repositories are used. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Repositories } from "../../src/services/git/Repositories.ts"
import * as Git from "./Git.ts"
import { layerConfig } from "./TestConfig.ts"

/** What git is asked for: its first word after the options that every call has; in a script, each time that it is started. */
const wordsOf = (command: Command.Command): ReadonlyArray<string> => {
  const [{ args, command: program }] = Command.flatten(command)
  const words = program === "git" ? args : args.slice(args.indexOf("git") + 1)
  return program === "git" || args.includes("git")
    ? [words.find((word) => !word.startsWith("-")) ?? ""]
    : [...(args[1] ?? "").matchAll(/\bgit (?:--\S+ )*([a-z-]+)/g)].map(([, word = ""]) => word)
}

/** Notes each command before it is started. */
const noting = (note: (word: string) => void) =>
  Layer.effect(
    CommandExecutor.CommandExecutor,
    Effect.map(CommandExecutor.CommandExecutor, (executor) => ({
      ...executor,
      start: (command: Command.Command) => {
        for (const word of wordsOf(command)) note(word)
        return executor.start(command)
      }
    }))
  ).pipe(Layer.provideMerge(NodeContext.layer))

/** Variables of this machine that keep the server from asking a remote itself. */
const withoutProxies = Layer.setConfigProvider(
  ConfigProvider.orElse(
    ConfigProvider.fromMap(
      new Map(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [[name, ""], [name.toLowerCase(), ""]]))
    ),
    () => ConfigProvider.fromEnv()
  )
)

/** Uses repositories; `during` gives what git is asked for while an effect runs, in alphabetical order. */
export const withCount = <A, E, R>(
  config: Parameters<typeof Git.layer>[0],
  use: (
    repositories: Repositories["Type"],
    during: <B, E2, R2>(effect: Effect.Effect<B, E2, R2>) => Effect.Effect<ReadonlyArray<string>, E2, R2>
  ) => Effect.Effect<A, E, R>
) => {
  const asked = new Array<string>()
  const during = <B, E2, R2>(effect: Effect.Effect<B, E2, R2>) =>
    Effect.suspend(() => {
      const before = asked.length
      return Effect.map(effect, () => asked.slice(before).sort())
    })
  return Effect.flatMap(Repositories, (repositories) => use(repositories, during)).pipe(
    Effect.provide(
      Git.layerOn(layerConfig(config), noting((word) => asked.push(word))).pipe(Layer.provide(withoutProxies))
    )
  )
}
