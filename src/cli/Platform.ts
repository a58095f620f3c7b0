/**
 * What the commands need of node. `NodeContext` would load worker threads, child processes and readline, 30 ms of which
 * `opentl list` uses nothing; so here each part is loaded by the first command that uses it.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Terminal from "@effect/platform/Terminal"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CliHttpClient from "./CliHttpClient.ts"

/** Runs programs: git, for the repository of this directory. */
const layerExecutor = Layer.effect(
  CommandExecutor.CommandExecutor,
  Effect.map(FileSystem.FileSystem, (fs) => {
    const executor = Effect.promise(() => import("@effect/platform-node/NodeCommandExecutor")).pipe(
      Effect.flatMap((module) => Effect.provide(CommandExecutor.CommandExecutor, module.layer)),
      Effect.provideService(FileSystem.FileSystem, fs)
    )
    return CommandExecutor.makeExecutor((command) => Effect.flatMap(executor, ({ start }) => start(command)))
  })
)

const noPrompts = Effect.dieMessage("no command asks by the parser's prompts")

/** The parser requires one for its prompts. Questions to the person are asked by `terminal/LineEditor`. */
const layerTerminal = Layer.succeed(
  Terminal.Terminal,
  Terminal.Terminal.of({
    columns: noPrompts,
    rows: noPrompts,
    isTTY: noPrompts,
    readInput: noPrompts,
    readLine: noPrompts,
    display: () => noPrompts
  })
)

export const layer = Layer.mergeAll(layerExecutor, layerTerminal, CliHttpClient.layer, NodePath.layer).pipe(
  Layer.provideMerge(NodeFileSystem.layer)
)
