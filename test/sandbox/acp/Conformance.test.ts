/**
 * A public agent in real Docker, without a network: the built program from outside, the agent's own packages, a scripted model
 * in its dialect. `npm run test:agents -- <name>…` builds the image and runs this for each agent.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as ModelStandIn from "../../standins/model/ModelStandIn.ts"
import * as Git from "../../support/Git.ts"
import * as Program from "../../support/Program.ts"

/** Set by `scripts/testAgents.mjs`. */
const names = (process.env["OPENTL_TEST_AGENTS"] ?? "").split(",").filter((name) => name !== "")
const image = process.env["OPENTL_TEST_AGENTS_IMAGE"] ?? ""

const key = "sk-0123456789-the-real-key"
const modelOf = (agent: string) => agent === "codex" || agent === "qwen" ? "gpt-lab" : "claude-lab"

const shell = /^(bash|shell|exec_command|shell_command|run_shell_command|execute_command|developer__shell|terminal)$/i

const isPlanners = (call: ModelStandIn.ModelRequest) => call.tools.length === 1 && call.tools[0]?.name === "answer"

/** A call of the agent's shell, whatever it is named and wants to know. */
const run = (call: ModelStandIn.ModelRequest, command: string): ModelStandIn.ModelReply => {
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

/** Whether the agent has had its tool's result since it was last asked. */
const isDone = (call: ModelStandIn.ModelRequest) => call.messages.at(-1)?.toolResults.length !== 0

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

const world = Effect.fn("world")(function*(agent: string, answers: Parameters<typeof script>[0]) {
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-agent-" })
  const repository = yield* Git.repository({ "README.md": "# app\n" })
  const model = yield* ModelStandIn.make(script(answers), { expectedKey: key })
  const environment = {
    OPENTL_DATA_DIR: dataDir,
    OPENTL_SANDBOX: "docker",
    OPENTL_DOCKER_IMAGE: image,
    OPENTL_LOCAL_REPOS: repository,
    ANTHROPIC_API_KEY: key,
    ANTHROPIC_BASE_URL: model.anthropicUrl,
    OPENAI_API_KEY: key,
    OPENAI_BASE_URL: model.openAiUrl
  }
  yield* Program.tidy(environment)
  const create = (server: Program.Server, prompt: string) =>
    server.create({ repo: repository, prompt, agent, model: modelOf(agent) })
  const agents = Effect.map(model.calls, (calls) => calls.filter((call) => !isPlanners(call) && call.tools.length > 1))
  const show = (id: string, file: string) => Git.git(repository, "show", `opentl/${id}:${file}`)
  return { agents, create, environment, model, serve: Program.serve(environment), show }
})

const ends = (events: ReadonlyArray<Program.EventJson>) => events.flatMap((event) => event.detail?.["end"] ?? [])
const follow = (server: Program.Server, id: string, after = 0) =>
  Effect.map(Stream.runCollect(server.events(id, after)), (events) => [...events])
const until = (server: Program.Server, id: string, isIt: (event: Program.EventJson) => boolean) =>
  Stream.runDrain(Stream.takeUntil(server.events(id), isIt))
const calls = (event: Program.EventJson) =>
  event.type === "output" && event.data.startsWith("▸") && event.data.includes("tail")

for (const agent of names) {
  describe(agent, () => {
    it.scopedLive("edits, is asked for more, and follows up, in one conversation and without a key", () =>
      Effect.gen(function*() {
        const { agents, create, model, serve, show } = yield* world(agent, (call) =>
          isDone(call)
            ? ModelStandIn.text("The work is done.")
            : run(call, "echo made >> made.txt; { env; cat /proc/*/environ; cat ~/.*/*; } > env.txt 2>/dev/null; true"))
        const server = yield* serve
        const id = yield* create(server, "MAGIC-41 TWICE")
        const events = yield* follow(server, id)
        assert.deepStrictEqual(ends(events), ["complete"])
        assert.strictEqual(yield* show(id, "made.txt"), "made\nmade")
        assert.notInclude(yield* show(id, "env.txt"), key)
        assert.isTrue(events.some(({ data }) => data === `${agent} continues its conversation`))

        yield* server.post(`/api/sessions/${id}/messages`, { text: "And again." })
        const more = yield* follow(server, id, events.length)
        assert.deepStrictEqual(ends(more), ["complete"])
        assert.strictEqual(yield* show(id, "made.txt"), "made\nmade\nmade")
        const last = (yield* agents).at(-1)
        assert.include(JSON.stringify(last?.body), "MAGIC-41")
        assert.include(JSON.stringify(last?.body), "The work is done.")
        assert.isFalse(yield* Effect.map(model.calls, (all) => all.some(({ text }) => text.includes(key))))
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scopedLive("fails the session with the model's error", () =>
      Effect.gen(function*() {
        const { create, serve } = yield* world(agent, (call) =>
          call.tools.length > 1
            ? ModelStandIn.refuse(400, { message: "the lab refuses this" })
            : ModelStandIn.text("A title"))
        const server = yield* serve
        const events = yield* follow(server, yield* create(server, "Do it"))
        assert.deepStrictEqual(ends(events), ["error"])
        assert.include(events.at(-1)?.data ?? "", "the lab refuses this")
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scopedLive("is stopped, and nothing of it is left", () =>
      Effect.gen(function*() {
        const { create, environment, serve } = yield* world(
          agent,
          (call) => isDone(call) ? ModelStandIn.text("Done.") : run(call, "timeout 300 tail -f /dev/null")
        )
        const server = yield* serve
        const id = yield* create(server, "Do it")
        yield* until(server, id, calls)
        assert.strictEqual((yield* server.post(`/api/sessions/${id}/stop`)).status, 200)
        assert.deepStrictEqual(ends(yield* follow(server, id)), ["cancelled"])
        yield* server.kill("SIGTERM")
        const left = yield* Program.run({ ...environment }, "list", "--status", "running", "--json")
        assert.strictEqual(left.out.trim(), "[]")
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scopedLive("loses and doubles nothing where the server is killed in mid-turn", () =>
      Effect.gen(function*() {
        const { create, serve, show } = yield* world(
          agent,
          (call) =>
            isDone(call) ? ModelStandIn.text("Done.") : run(call, "timeout 6 tail -f /dev/null; echo once >> made.txt")
        )
        const first = yield* serve
        const id = yield* create(first, "Do it")
        yield* until(first, id, calls)
        yield* first.kill("SIGKILL")
        yield* first.ended
        const events = yield* follow(yield* serve, id)
        assert.deepStrictEqual(ends(events), ["complete"])
        assert.deepStrictEqual(events.map((event) => event.id), events.map((_, index) => index + 1))
        assert.strictEqual(events.filter(calls).length, 1)
        assert.strictEqual(yield* show(id, "made.txt"), "once")
      }).pipe(Effect.provide(NodeContext.layer)))
  })
}
