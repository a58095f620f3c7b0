/** A world for the built program on a terminal: a repository, a model by a script, a data directory, and nothing else. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as ModelStandIn from "../standins/model/ModelStandIn.ts"
import * as Git from "../support/Git.ts"
import * as Program from "../support/Program.ts"
import * as Terminal from "../support/Terminal.ts"

/** The plan's steps say which plan it is and why the one before was rejected. */
const planned = (number: number, call: ModelStandIn.ModelRequest) => ({
  title: `Plan ${number}`,
  summary: call.text.includes("too risky") ? "Mindful of: too risky." : "The first thought.",
  steps: ["add `b.txt`"]
})

/** Plans as often as it is asked, approves every diff; the agent is a command, unless `agent` answers for its model. */
const script = (agent: ModelStandIn.ModelScript, questions: ReadonlyArray<string>): ModelStandIn.ModelScript => {
  let plans = 0
  let hasAsked = questions.length === 0
  return (call) => {
    if (call.tools.some((tool) => tool.name === "shell")) return agent(call)
    const answer = call.text.includes("diff --git")
      ? { verdict: "approve", summary: "good", findings: [] }
      : hasAsked
      ? planned(++plans, call)
      : { questions }
    hasAsked = true
    const tool = call.tools[0]
    return Effect.succeed(
      tool === undefined ? ModelStandIn.json(answer) : ModelStandIn.tools([{ name: tool.name, input: answer }])
    )
  }
}

export interface WorldOptions {
  /** A shell line, run as the agent. */
  readonly agent?: string
  /** What the built-in agent's model answers; with it the built-in agent runs. */
  readonly model?: ModelStandIn.ModelScript
  /** What the planner asks before its first plan. */
  readonly questions?: ReadonlyArray<string>
  readonly environment?: Readonly<Record<string, string>>
}

const noModel: ModelStandIn.ModelScript = () => Effect.dieMessage("the agent's model was not expected to be asked")

export const make = (options: WorldOptions = {}) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-tty-" })
    const repo = yield* Git.repository()
    const model = yield* ModelStandIn.make(script(options.model ?? noModel, options.questions ?? []))
    const environment = {
      ...Program.plain,
      OPENTL_ADDR: "127.0.0.1:1",
      OPENTL_DATA_DIR: dataDir,
      OPENTL_SANDBOX: "local",
      OPENTL_EGRESS: "none",
      OPENTL_AGENT: options.model === undefined ? `command:${options.agent ?? "echo b >> b.txt"}` : "opentl",
      ANTHROPIC_API_KEY: "sk-ant-0123456789secret",
      ANTHROPIC_BASE_URL: model.anthropicUrl,
      ...options.environment
    }
    yield* Program.tidy(environment)
    return {
      dataDir,
      environment,
      model,
      repo,
      /** `opentl …` on a terminal of its own. */
      terminal: (args: ReadonlyArray<string>, terminal: Terminal.TerminalOptions = {}) =>
        Terminal.start([process.execPath, Program.binary, ...args], {
          ...terminal,
          environment: { ...environment, ...terminal.environment }
        }),
      /** `opentl …` without a terminal, to its end. */
      run: (...args: ReadonlyArray<string>) => Program.run(environment, ...args)
    }
  })

export const live = NodeContext.layer
