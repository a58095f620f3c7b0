/** A request that cannot become a session is refused at once, in a sentence; nothing is recorded. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { NewSessions } from "../../../src/actors/sessions/NewSessions.ts"
import { BranchName } from "../../../src/domain/Ids.ts"
import { Agents } from "../../../src/services/agents/Agents.ts"
import { ModelPrices } from "../../../src/services/model/ModelPrices.ts"
import { InstalledAgents } from "../../../src/services/sandbox/InstalledAgents.ts"
import * as Database from "../../../src/services/store/Database.ts"
import { EventBus } from "../../../src/services/store/EventBus.ts"
import { SessionHistory } from "../../../src/services/store/SessionHistory.ts"
import { SessionStore } from "../../../src/services/store/SessionStore.ts"
import { BackgroundTasks } from "../../../src/services/support/BackgroundTasks.ts"
import * as Git from "../../support/Git.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const by = { name: "ada", via: "cli" } as const

const agents = Layer.provide(Agents.layerWithoutSandbox, InstalledAgents.layerOf([]))

const sessions = (dataDir: string) =>
  Layer.mergeAll(NewSessions.layer, SessionHistory.layer).pipe(
    Layer.provide(Layer.mergeAll(agents, ModelPrices.layer)),
    Layer.provide(SessionStore.layer),
    Layer.provide(EventBus.layer),
    Layer.provide(BackgroundTasks.layer),
    Layer.provide(Git.layer({ dataDir })),
    Layer.provide(Database.layerMemory),
    Layer.provide(layerConfig({ dataDir }))
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
