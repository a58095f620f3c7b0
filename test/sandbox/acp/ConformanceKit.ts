/**
 * A public agent in real Docker, without a network: the built program from outside, the agent's own packages, a scripted model
 * in its dialect. `npm run test:agents -- <name>…` builds the image and runs this for each agent.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import * as Git from "../../support/Git.ts"
import * as Program from "../../support/Program.ts"

/** Set by `scripts/testAgents.mjs`. */
export const names = (process.env["OPENTL_TEST_AGENTS"] ?? "").split(",").filter((name) => name !== "")
const image = process.env["OPENTL_TEST_AGENTS_IMAGE"] ?? ""

export const key = "sk-0123456789-the-real-key"
const modelOf = (agent: string) =>
  agent === "gemini" ? "gemini-lab" : agent === "codex" || agent === "qwen" ? "gpt-lab" : "claude-lab"

const shell = /^(bash|shell|exec_command|shell_command|run_shell_command|execute_command|developer__shell|terminal)$/i

const isPlanners = (call: ModelStandIn.ModelRequest) => call.tools.length === 1 && call.tools[0]?.name === "answer"

/** A call of the agent's shell, whatever it is named and wants to know. */
export const run = (call: ModelStandIn.ModelRequest, command: string): ModelStandIn.ModelReply => {
  const tool = call.tools.find(({ name }) => shell.test(name))
  if (tool === undefined) return ModelStandIn.text("A title")
  const schema = Predicate.isRecord(tool.schema) ? tool.schema : {}
  const properties = Predicate.isRecord(schema["properties"]) ? schema["properties"] : {}
  const required = Array.isArray(schema["required"]) ? schema["required"] : []
  const input = Object.entries(properties).flatMap(([name, property]): ReadonlyArray<readonly [string, unknown]> => {
    const type = Predicate.isRecord(property) ? property["type"] : undefined
    if (/^(command|cmd|script)$/.test(name)) return [[name, type === "array" ? ["bash", "-lc", command] : command]]
    if (!required.includes(name)) return []
    return [[name, type === "boolean" ? false : type === "number" || type === "integer" ? 60_000 : "lab"]]
  })
  return ModelStandIn.tools([{ name: tool.name, input: Object.fromEntries(input) }])
}

/** Whether the agent is at work: what it asks beside has no tools, or one. */
export const isWork = (call: ModelStandIn.ModelRequest) => call.tools.length > 1

/** Whether the agent has had its tool's result since it was last asked. */
export const isDone = (call: ModelStandIn.ModelRequest) => call.messages.at(-1)?.toolResults.length !== 0

/** Plans, asks once for more where a review is to, and lets `agent` answer for the agent's model. */
const script = (agent: (call: ModelStandIn.ModelRequest) => ModelStandIn.ModelReply): ModelStandIn.ModelScript => {
  let reviews = 0
  return (call) =>
    Effect.sync(() => {
      if (!isPlanners(call)) return agent(call)
      const isReview = call.text.includes("diff --git")
      if (isReview) reviews++
      const answer = !isReview
        ? { title: "Do it", summary: "It is done.", steps: ["Do it"] }
        : call.text.includes("TWICE") && reviews === 1
        ? { verdict: "request_changes", summary: "more", findings: [{ comment: "once more, please" }] }
        : { verdict: "approve", summary: "good", findings: [] }
      return ModelStandIn.tools([{ name: "answer", input: answer }])
    })
}

export const world = Effect.fn("world")(function*(
  agent: string,
  answers: Parameters<typeof script>[0],
  limits: { readonly budget_usd?: number } = {}
) {
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-agent-" })
  const repository = yield* Git.repository({ "README.md": "# app\n" })
  const model = yield* ModelStandIn.make(script(answers), { expectedKey: key })
  const environment = {
    OPENTL_DATA_DIR: dataDir,
    OPENTL_SANDBOX: "docker",
    OPENTL_DOCKER_IMAGE: image,
    OPENTL_LOCAL_REPOS: repository,
    OPENTL_MODEL_PRICES: ["claude-lab", "gpt-lab", "gemini-lab"].map((model) => `${model}=1/10`).join(","),
    ANTHROPIC_API_KEY: key,
    ANTHROPIC_BASE_URL: model.anthropicUrl,
    OPENAI_API_KEY: key,
    OPENAI_BASE_URL: model.openAiUrl,
    GEMINI_API_KEY: key,
    GOOGLE_GEMINI_BASE_URL: model.geminiUrl
  }
  yield* Program.tidy(environment)
  const create = (server: Program.Server, prompt: string) =>
    server.create({ repo: repository, prompt, agent, model: modelOf(agent), ...limits })
  const agents = Effect.map(model.calls, (calls) => calls.filter((call) => !isPlanners(call) && isWork(call)))
  const show = (id: string, file: string) => Git.git(repository, "show", `opentl/${id}:${file}`)
  return { agents, create, environment, model, serve: Program.serve(environment), show }
})

export const ends = (events: ReadonlyArray<Program.EventJson>) => events.flatMap((event) => event.detail?.["end"] ?? [])
export const follow = (server: Program.Server, id: string, after = 0) =>
  Effect.map(Stream.runCollect(server.events(id, after)), (events) => [...events])
export const until = (server: Program.Server, id: string, isIt: (event: Program.EventJson) => boolean) =>
  Stream.runDrain(Stream.takeUntil(server.events(id), isIt))
export const calls = (event: Program.EventJson) =>
  event.type === "output" && event.data.startsWith("▸") && event.data.includes("tail")

/** One test of each agent, with real I/O, whose scope ends with it. */
export const itAgent = (
  name: string,
  test: (agent: string) => Effect.Effect<void, unknown, NodeContext.NodeContext | Scope.Scope>
) => {
  for (const agent of names) {
    describe(agent, () => {
      it.scopedLive(name, () => Effect.provide(test(agent), NodeContext.layer))
    })
  }
}
