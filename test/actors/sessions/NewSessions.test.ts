/** A request that cannot become a session is refused at once, in a sentence; nothing is recorded. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { NewSessions } from "../../../src/actors/sessions/NewSessions.ts"
import { BranchName, type SessionId } from "../../../src/domain/Ids.ts"
import { Agents } from "../../../src/services/agents/Agents.ts"
import { ModelPrices } from "../../../src/services/model/ModelPrices.ts"
import { InstalledAgents } from "../../../src/services/sandbox/InstalledAgents.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { EventBus } from "../../../src/services/store/EventBus.ts"
import { EventLog } from "../../../src/services/store/EventLog.ts"
import { SessionHistory } from "../../../src/services/store/SessionHistory.ts"
import { SessionStore } from "../../../src/services/store/SessionStore.ts"
import { BackgroundTasks } from "../../../src/services/support/BackgroundTasks.ts"
import * as Git from "../../support/Git.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const by = { name: "ada", via: "cli" } as const

const sessions = (
  dataDir: string,
  config: Parameters<typeof layerConfig>[0] = {},
  installed: Layer.Layer<InstalledAgents> = InstalledAgents.layerOf([])
) =>
  Layer.mergeAll(NewSessions.layer, SessionHistory.layer, EventLog.layer).pipe(
    Layer.provide(Layer.mergeAll(Layer.provide(Agents.layerWithoutSandbox, installed), ModelPrices.layer)),
    Layer.provide(SessionStore.layer),
    Layer.provide(EventBus.layer),
    Layer.provide(BackgroundTasks.layer),
    Layer.provide(Git.layer({ ...config, dataDir })),
    Layer.provide(Database.layerMemory),
    Layer.provide(layerConfig({ ...config, dataDir }))
  )

layer(NodeContext.layer, { excludeTestServices: true })("a new session on a local path", (it) => {
  it.scoped("is refused where there is no repository, or none that has a commit", () =>
    Effect.gen(function*() {
      const dataDir = yield* Git.temporary
      const empty = yield* Git.temporary
      yield* Git.git(empty, "init", "--quiet", "--initial-branch=main")
      const repository = yield* Git.repository({ "src/a.txt": "a\n" })
      yield* Effect.gen(function*() {
        const { create } = yield* NewSessions
        const open = (path: string, base?: string) =>
          create({
            repo: Git.local(path),
            prompt: "Fix it",
            ...(base === undefined ? {} : { base: BranchName.make(base) })
          }, { by, trustLocalPaths: true, trustCommands: true, body: "" })
        for (
          const [path, reason] of [
            [`${dataDir}/absent`, "was not found"],
            [`${repository}/src`, "is not a git repository"],
            [`${repository}/src/a.txt`, "is not a git repository"],
            [empty, "has no commit on main yet"]
          ] as const
        ) {
          const refused = yield* Effect.flip(open(path))
          assert.strictEqual(refused._tag, "InvalidRequest")
          assert.include(refused.message, `repo: `)
          assert.include(refused.message, reason)
        }
        assert.strictEqual((yield* Effect.flip(open(`${dataDir}/absent`, "main")))._tag, "InvalidRequest")
        const history = yield* SessionHistory
        assert.deepStrictEqual(yield* history.live, [])
        const { session } = yield* open(repository)
        assert.deepStrictEqual(yield* history.live, [{ id: session.id, status: "pending" }])
      }).pipe(Effect.provide(sessions(dataDir)))
    }))
})

/** An image that has Codex, until it is built anew without it. */
const changingImage = Layer.sync(InstalledAgents, () => {
  let asked = 0
  const have = (agents: ReadonlyArray<string>) =>
    Option.some({ exists: true, agents: agents.map((name) => ({ name, version: "1" })) })
  return InstalledAgents.of({
    // the first session asks twice: for its choice, and whether the choice is there
    contents: Effect.sync(() => ++asked <= 2 ? have(["codex"]) : have([])),
    image: Option.some("img")
  })
})

layer(NodeContext.layer, { excludeTestServices: true })("a new session that leaves its agent to OpenTL", (it) => {
  it.scoped("has the agent that was chosen, for good, and its first event says why", () =>
    Effect.gen(function*() {
      const dataDir = yield* Git.temporary
      const repository = yield* Git.repository()
      const openai = { apiKey: Option.some(Redacted.make("sk-1")), baseUrl: "http://127.0.0.1:1/v1" }
      yield* Effect.gen(function*() {
        const { create } = yield* NewSessions
        const history = yield* SessionHistory
        const open = (agent?: string) =>
          create(
            { repo: Git.local(repository), prompt: "Fix it", ...(agent === undefined ? {} : { agent }) },
            { by, trustLocalPaths: true, trustCommands: true, body: "" }
          )
        const { page } = yield* EventLog
        const firstEvent = (id: SessionId) => Effect.map(page(id, 0, 1), ([event]) => `${event?.type}: ${event?.data}`)
        const { session } = yield* open("auto")
        assert.strictEqual(session.agent, "codex")
        const later = yield* open()
        assert.strictEqual(later.session.agent, "opentl")
        assert.match(
          yield* firstEvent(later.session.id),
          /^status: .*; auto chose opentl: the image img has no other agent$/
        )
        // what the image has by now does not matter to the first one
        assert.strictEqual((yield* history.get(session.id)).agent, "codex")
        assert.match(
          yield* firstEvent(session.id),
          /^status: .*, agent codex, .*; auto chose codex: the image has it, OPENAI_API_KEY is set$/
        )
      }).pipe(Effect.provide(sessions(dataDir, { agent: Option.none(), openai }, changingImage)))
    }))
})
