/**
 * The built program, from outside: a task over HTTP becomes a pull request, through a crash of the server, too. Model
 * and GitHub are stand-ins that speak the real protocols; sandbox, git and database are real.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as GitHubStandIn from "../standins/github/GitHubStandIn.ts"
import * as ModelStandIn from "../standins/model/ModelStandIn.ts"
import { Docker, itDocker } from "../support/Docker.ts"
import * as Program from "../support/Program.ts"

const keys = { github: "ghp_0123456789secret", model: "sk-ant-0123456789secret" }

/** Plans; asks for one change; approves the second time. The agent's model makes one commit a round. */
const answers: ModelStandIn.ModelScript = (call) =>
  Effect.sync(() => {
    if (call.tools.some((tool) => tool.name === "shell")) {
      const isRevision = call.text.includes("also add c.txt")
      // the second round goes on with the first one's conversation
      const isDone = (call.messages.at(-1)?.toolResults.length ?? 0) > 0
      return isDone
        ? ModelStandIn.text("Done as asked.")
        : ModelStandIn.tools([{
          name: "shell",
          input: { command: isRevision ? "ls; echo c > c.txt" : "echo b > b.txt" }
        }])
    }
    const answer = !call.text.includes("diff --git")
      ? { title: "Add b.txt", summary: "Adds a file.", steps: ["add b.txt"] }
      : call.text.includes("c.txt b/c.txt")
      ? { verdict: "approve", summary: "good", findings: [] }
      : {
        verdict: "request_changes",
        summary: "incomplete",
        findings: [{ file: "b.txt", line: 1, comment: "also add c.txt" }]
      }
    const tool = call.tools[0]
    return tool === undefined ? ModelStandIn.json(answer) : ModelStandIn.tools([{ name: tool.name, input: answer }])
  })

const world = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-job-" })
  const github = yield* GitHubStandIn.make({ token: keys.github })
  yield* github.createRepository({ owner: "acme", name: "app", files: { "README.md": "# app\n", "a.txt": "one\n" } })
  const model = yield* ModelStandIn.make(answers, { expectedKey: keys.model })
  const environment = {
    OPENTL_DATA_DIR: dataDir,
    GITHUB_TOKEN: keys.github,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_SERVER_URL: github.serverUrl,
    ANTHROPIC_API_KEY: keys.model,
    ANTHROPIC_BASE_URL: model.anthropicUrl
  }
  return { dataDir, environment, github, model }
})

const task = { repo: "acme/app", prompt: "Add b.txt" }

const endings = (events: ReadonlyArray<Program.EventJson>) => events.flatMap((event) => event.detail?.["end"] ?? [])

type Sandbox = { readonly OPENTL_SANDBOX: "docker" | "local"; readonly OPENTL_DOCKER_IMAGE?: string }

const job = (sandbox: Sandbox) =>
  Effect.gen(function*() {
    const { environment: plain, github, model } = yield* world
    const environment = { ...plain, ...sandbox }
    yield* Program.tidy(environment)
    const server = yield* Program.serve(environment)
    const id = yield* server.create(task)
    const events = [...(yield* Stream.runCollect(server.events(id)))]

    assert.deepStrictEqual(endings(events), ["complete"])
    assert.deepStrictEqual(events.map((event) => event.id), events.map((_, i) => i + 1))
    const pulls = yield* github.pullRequests("acme/app")
    assert.strictEqual(pulls.length, 1)
    assert.strictEqual(events[events.length - 1]?.data, `${github.serverUrl}/acme/app/pull/1`)
    const branch = `opentl/${id}`
    assert.include(yield* github.branches("acme/app"), branch)
    assert.strictEqual((yield* Effect.flatten(github.fileAt("acme/app", branch, "c.txt"))).trim(), "c")
    assert.strictEqual((yield* Effect.flatten(github.fileAt("acme/app", branch, "b.txt"))).trim(), "b")

    const calls = yield* model.calls
    const reviews = calls.filter((call) =>
      call.text.includes("diff --git") && !call.tools.some((tool) => tool.name === "shell")
    )
    assert.strictEqual(reviews.length, 2)
    assert.include(reviews[0]?.text ?? "", "+b")
    const revision = calls.find((call) =>
      call.messages.some((message) => message.toolResults.some((result) => result.text.includes("b.txt")))
    )
    assert.isDefined(revision, "the second run works on the first one's files")
    assert.isTrue(events.some(({ data }) => data === "opentl continues its conversation"))
    assert.isFalse(yield* model.saw("opentl-gateway"), "the real key is put in outside of the sandbox")

    yield* server.kill("SIGTERM")
    assert.strictEqual(yield* server.ended, 0)
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

/** An agent that works for a while, so that there is a middle to be killed in. */
const slow = "for i in $(seq 1 40); do echo line $i; sleep 0.1; done; echo b > b.txt"

const crash = (sandbox: Sandbox) =>
  Effect.gen(function*() {
    const { environment: plain, github } = yield* world
    const environment = { ...plain, ...sandbox, OPENTL_AGENT: `command:${slow}`, OPENTL_REVIEW_ROUNDS: "1" }
    yield* Program.tidy(environment)
    const first = yield* Program.serve(environment)
    const id = yield* first.create(task)
    const before = [
      ...(yield* first.events(id).pipe(Stream.takeUntil((event) => event.data === "line 10"), Stream.runCollect))
    ]
    yield* first.kill("SIGKILL")
    yield* first.ended

    const second = yield* Program.serve(environment)
    const events = [...(yield* Stream.runCollect(second.events(id)))]
    assert.deepStrictEqual(events.slice(0, before.length), before, "what was stored stays")
    assert.deepStrictEqual(events.map((event) => event.id), events.map((_, i) => i + 1))
    assert.deepStrictEqual(
      events.filter((event) => event.type === "output").map((event) => event.data),
      Array.from({ length: 40 }, (_, i) => `line ${i + 1}`)
    )
    assert.strictEqual(
      events.filter((event) => event.detail?.["_tag"] === "RoundStarted").length,
      1,
      "the same run is followed on"
    )
    assert.deepStrictEqual(endings(events), ["complete"])
    assert.strictEqual((yield* github.pullRequests("acme/app")).length, 1)
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

const docker = Effect.map(Docker, ({ image }): Sandbox => ({ OPENTL_SANDBOX: "docker", OPENTL_DOCKER_IMAGE: image }))

describe("a task over HTTP", () => {
  it.live("becomes a pull request, revised once, in the local sandbox", () => job({ OPENTL_SANDBOX: "local" }))
  itDocker("becomes a pull request, revised once, in Docker", () => Effect.flatMap(docker, job))
})

describe("a server that is killed in the middle of the agent's run", () => {
  it.live("follows the same process on at its next start", () => crash({ OPENTL_SANDBOX: "local" }))
  itDocker("follows the same container on at its next start", () => Effect.flatMap(docker, crash))
})

describe("a server that is asked to stop", () => {
  it.live("leaves a running sandbox running, closes an open stream, and exits 0", () =>
    Effect.gen(function*() {
      const { environment: plain } = yield* world
      const environment = { ...plain, OPENTL_SANDBOX: "local", OPENTL_AGENT: `command:${slow}` }
      yield* Program.tidy(environment)
      const server = yield* Program.serve(environment)
      const id = yield* server.create(task)
      const events = yield* server.events(id).pipe(
        Stream.tap((event) => event.data === "line 3" ? server.kill("SIGTERM") : Effect.void),
        Stream.runCollect
      )
      assert.deepStrictEqual(endings([...events]), [])
      assert.strictEqual(yield* server.ended, 0)
      const next = yield* Program.serve(environment)
      assert.deepStrictEqual(endings([...(yield* Stream.runCollect(next.events(id)))]), ["complete"])
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.live("while another holds its data directory: the other says who does", () =>
    Effect.gen(function*() {
      const { environment } = yield* world
      yield* Program.serve(environment)
      const { code, err } = yield* Program.run(environment, "serve")
      assert.strictEqual(code, 1)
      assert.match(err, /^error: .*process \d+/)
      assert.strictEqual(err.trim().split("\n").length, 1)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
})
