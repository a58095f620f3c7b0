/** A container that was prepared before its session existed: for any repository, and nobody's before. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { assert, describe } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as DockerContainer from "../../../../src/services/sandbox/docker/DockerContainer.ts"
import { DockerEngine } from "../../../../src/services/sandbox/docker/DockerEngine.ts"
import * as DockerSandbox from "../../../../src/services/sandbox/docker/DockerSandbox.ts"
import { runName, Sandbox } from "../../../../src/services/sandbox/Sandbox.ts"
import { SandboxRuntime } from "../../../../src/services/sandbox/SandboxRuntime.ts"
import { Docker, itDocker } from "../../../support/Docker.ts"
import { layerConfig } from "../../../support/TestConfig.ts"
import { makeSession } from "../SandboxSession.ts"
import { renamingImages } from "./PreparedKit.ts"

/** A session whose first sandbox is prepared ahead. The image's id is what the engine says, and what a test appends. */
const makeAhead = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "data-" })
  const rebuilt = yield* Ref.make("")
  const engine = renamingImages(rebuilt)
  const server = DockerSandbox.layer.pipe(
    Layer.provide([engine, SandboxRuntime.layer]),
    Layer.provide([layerConfig({ dataDir, docker: yield* Docker }), NodeContext.layer])
  )
  const open = Effect.map(Layer.build(Layer.fresh(server)), Context.get(Sandbox))
  const session = yield* makeSession({ dataDir, open })
  const objectsDirectory = path.join(path.dirname(session.origin.bundle), ".git", "objects")
  const { gatewayDirectory } = session
  const first = session.round(1)

  const prepareAhead = session.sandbox.prepareAhead ?? (() => Effect.dieMessage("nothing is prepared ahead"))
  yield* prepareAhead(first, { gatewayDirectory, expectedAgent: "command" })

  const idOf = (name: string) =>
    Effect.flatMap(DockerEngine, (engine) => engine.inspectContainer(name)).pipe(
      Effect.map(Option.map(({ id }) => id))
    )
  const waits = Option.getOrThrow(yield* idOf(`${runName(first)}-next`))

  /** As a session begins its turn, and then its round. */
  const runAgent = Effect.fnUntraced(function*(number: number, agent: string) {
    const run = session.round(number)
    yield* session.sandbox.prepare(run, { gatewayDirectory, objectsDirectory })
    yield* session.sandbox.removeRuns(session.session, run)
    const spec = session.specOf(run, agent)
    const inputs = spec.inputs.filter(({ path }) => !path.endsWith(".bundle"))
    yield* session.sandbox.start({ ...spec, inputs, objectsDirectory })
    const output = yield* session.outputOf(run)
    const exit = yield* session.sandbox.exit(run)
    const bundle = yield* session.sandbox.bundle(run)
    const change = Option.isNone(bundle) ? "" : yield* session.takeBundle(bundle.value)
    return { id: Option.getOrUndefined(yield* idOf(runName(run))), change, exit, output }
  })
  const linkedDirectory = `${dataDir}/objects/${session.session}`
  return { ...session, first, idOf, linkedDirectory, rebuilt, runAgent, waits }
})

const ofObjects = "git count-objects -v | grep -E '^(count|in-pack|alternate)'"

describe("a container that was prepared ahead", () => {
  itDocker(
    "becomes the first run of its session, in the repository that this has; the next run goes on in it",
    () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { first, linkedDirectory, runAgent, sandbox, session, waits } = yield* makeAhead
        assert.isFalse(yield* sandbox.exists(first), "it is no run yet")
        assert.isFalse(yield* sandbox.hasRepository(session))
        const one = yield* runAgent(
          1,
          `${ofObjects}; touch /opt/opentl/objects/x || echo refused; printenv OPENTL_LONGEST_WAIT || echo unset; echo bye >hello.txt`
        )
        assert.strictEqual(one.id, waits)
        assert.deepStrictEqual(one.exit, { code: 0, reason: undefined })
        assert.include(one.output, "count: 0\nin-pack: 0\nalternate: /opt/opentl/objects\n")
        assert.include(one.output, "refused\n")
        assert.include(one.output, "unset\n")
        assert.include(one.change, "-hello\n+bye")
        assert.isTrue(yield* fs.exists(linkedDirectory))
        yield* sandbox.removeRuns(session)
        assert.isFalse(yield* fs.exists(linkedDirectory))
        const two = yield* runAgent(2, "git fsck && git show HEAD~1:hello.txt; echo again >>hello.txt")
        assert.include(two.output, "Continuing in the workspace\n")
        assert.include(two.output, "\nhello\n")
        assert.match(two.change, /\+again[^]*-hello\n\+bye/)
      })
  )

  itDocker(
    "has its session's name and labels from the start, since these cannot be changed",
    () =>
      Effect.gen(function*() {
        const { session, waits } = yield* makeAhead
        const labels = { "opentl.session": session, "opentl.turn": "1", "opentl.round": "1" }
        const found = yield* Effect.flatMap(DockerEngine, (engine) => engine.listContainers(labels))
        assert.deepStrictEqual(found.map(({ id, names }) => [id, names]), [[waits, [`/opentl-${session}-1-1-next`]]])
      })
  )

  itDocker("is not used when the image was built anew meanwhile", () =>
    Effect.gen(function*() {
      const { rebuilt, runAgent, waits } = yield* makeAhead
      yield* Ref.set(rebuilt, "-other")
      const { change, exit, id } = yield* runAgent(1, "echo bye >hello.txt")
      assert.notStrictEqual(id, waits)
      assert.deepStrictEqual(exit, { code: 0, reason: undefined })
      assert.include(change, "-hello\n+bye")
    }))

  itDocker("is replaced if it has ended", () =>
    Effect.gen(function*() {
      const { runAgent, waits } = yield* makeAhead
      yield* Effect.flatMap(DockerEngine, (engine) => engine.killContainer(waits))
      const { change, id } = yield* runAgent(1, "echo bye >hello.txt")
      assert.notStrictEqual(id, waits)
      assert.include(change, "-hello\n+bye")
    }))

  itDocker("leaves nothing behind if no session comes", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { first, idOf, linkedDirectory, sandbox, session } = yield* makeAhead
      assert.include(yield* sandbox.sessionsWithRuns, session)
      yield* sandbox.removeWorkspace(session)
      assert.isTrue(Option.isNone(yield* idOf(`${runName(first)}-next`)))
      assert.isFalse(
        yield* Effect.flatMap(DockerEngine, (engine) => engine.hasVolume(DockerContainer.volumeName(session)))
      )
      assert.isFalse(yield* fs.exists(linkedDirectory))
    }))
})
