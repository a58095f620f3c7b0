/** `opentl sandbox`: builds the sandbox image, checks whether a sandbox can start, and removes old workspaces. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { jsonDocument } from "./Json.ts"
import { newestSessions } from "./NewestSessions.ts"
import * as Parameters from "./Parameters.ts"
import { Program } from "./Program.ts"
import { neutralise } from "./terminal/SafeText.ts"
import { Stdio } from "./terminal/Stdio.ts"

const agentList = Parameters.text(
  "agents",
  "names",
  "public agents to put into the image, separated by commas, or all; see opentl agents"
).pipe(Options.optional)

const buildCommand = Command.make(
  "build",
  {
    agents: agentList,
    tools: Parameters.text(
      "tools",
      "names",
      "tools to put into the image: python, uv, go, separated by commas, all, or none",
      {
        default: "python,uv, where they can be had"
      }
    ).pipe(Options.optional),
    base: Parameters.text("base", "image", "the image to build on, with bash, git and coreutils", {
      default: "node:24-bookworm"
    }).pipe(
      Options.optional
    )
  },
  ({ agents, base, tools }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const { builder, chooseAgents, chooseTools } = yield* Effect.promise(() => import("./SandboxBuild.ts"))
      const chosen = yield* chooseAgents(Option.getOrElse(agents, () => ""))
      const chosenTools = yield* chooseTools(Option.getOrUndefined(tools))
      for (const { says } of [chosen, chosenTools]) {
        if (says !== undefined) yield* stdio.err(`${says}\n`)
      }
      const sandboxImage = yield* builder
      yield* Stream.runForEach(
        sandboxImage.build({
          agents: chosen.agents,
          tools: chosenTools.tools,
          ...Option.match(base, { onNone: () => ({}), onSome: (base) => ({ base }) })
        }),
        (line) => stdio.err(`${neutralise(line, stdio.errStyle.colour)}\n`)
      )
      yield* stdio.out(`built ${sandboxImage.image}\n`)
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("Build the sandbox image from the installed package"))

const loadUpkeep = Effect.promise(() => import("./SandboxUpkeep.ts"))
const upkeep = Effect.flatMap(loadUpkeep, (module) => module.sandbox)

const checkCommand = Command.make("check", {}, () =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const sandbox = yield* upkeep
    yield* sandbox.check
    yield* stdio.out(`${sandbox.kind}\n`)
  }).pipe(Effect.scoped)).pipe(
    Command.withDescription("Show which sandbox sessions use, and whether one could start now")
  )

const Pruned = Schema.Struct({
  /** Ended sessions of which none is left, those that had none before as well. */
  workspaces: Schema.Int,
  /** Entries of the cache, and their bytes. */
  dependencies: Schema.Int,
  bytes: Schema.Int
})

const encodePruned = jsonDocument(Pruned)

const prunedText = ({ bytes, dependencies, workspaces }: typeof Pruned.Type) =>
  `no workspace is left of ${workspaces} ended session${workspaces === 1 ? "" : "s"}\n` +
  (dependencies === 0
    ? ""
    : `removed what was installed for ${dependencies} set${dependencies === 1 ? "" : "s"} of dependencies: ${
      (bytes / 1e6).toFixed(1)
    } MB\n`)

const pruneCommand = Command.make(
  "prune",
  {
    all: Parameters.flag("all", "also the workspaces of sessions that ended within the last week"),
    json: Parameters.json("one JSON object"),
    server: Parameters.server
  },
  ({ all, json, server }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const program = yield* Program
      const { sessions } = yield* program.connect({ server, mode: "recording" })
      const sandbox = yield* upkeep
      const weekAgo = DateTime.subtract(yield* DateTime.now, { weeks: 1 })
      const ended = yield* newestSessions({ sessions }, {}).pipe(
        Stream.filter(({ endedAt }) => endedAt !== undefined && (all || DateTime.lessThan(endedAt, weekAgo))),
        Stream.mapEffect((session) => sandbox.removeWorkspace(session.id)),
        Stream.runCount
      )
      const { bytes, entries } = yield* Effect.flatMap(loadUpkeep, (module) => module.clearDependencies)
      const removed = { workspaces: ended, dependencies: entries, bytes }
      yield* stdio.out(json ? encodePruned(removed) : prunedText(removed))
    }).pipe(Effect.scoped)
).pipe(
  Command.withDescription(
    "Remove the workspaces of ended sessions, and the cache of installed dependencies"
  )
)

export const sandboxCommands = [buildCommand, checkCommand, pruneCommand] as const

export const sandboxCommand = Command.make("sandbox").pipe(
  Command.withDescription("Build, check and clean up the sandboxes that agents run in"),
  Command.withSubcommands(sandboxCommands)
)
