/** A workspace takes the objects of its repository from where the host has them. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { assert, describe } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as DockerContainer from "../../../../src/services/sandbox/docker/DockerContainer.ts"
import { DockerEngine } from "../../../../src/services/sandbox/docker/DockerEngine.ts"
import * as DockerSandbox from "../../../../src/services/sandbox/docker/DockerSandbox.ts"
import { runName, Sandbox } from "../../../../src/services/sandbox/Sandbox.ts"
import { SandboxRuntime } from "../../../../src/services/sandbox/SandboxRuntime.ts"
import { Docker, itDocker } from "../../../support/Docker.ts"
import { layerConfig } from "../../../support/TestConfig.ts"
import { makeSession } from "../SandboxSession.ts"

/** A session whose runs are given the objects of its repository, and no bundle. */
const makeSharing = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "data-" })
  const server = DockerSandbox.layer.pipe(
    Layer.provide([DockerEngine.layer, SandboxRuntime.layer]),
    Layer.provide([layerConfig({ dataDir, docker: yield* Docker }), NodeContext.layer])
  )
  const open = Effect.map(Layer.build(Layer.fresh(server)), Context.get(Sandbox))
  const session = yield* makeSession({ dataDir, open })
  const objectsDirectory = path.join(path.dirname(session.origin.bundle), ".git", "objects")

  const runAgent = Effect.fnUntraced(function*(number: number, agent: string) {
    const run = session.round(number)
    const spec = session.specOf(run, agent)
    const inputs = spec.inputs.filter(({ path }) => !path.endsWith(".bundle"))
    yield* session.sandbox.start({ ...spec, inputs, objectsDirectory })
    const output = yield* session.outputOf(run)
    return { run, output, exit: yield* session.sandbox.exit(run) }
  })

  const changeOf = (run: ReturnType<typeof session.round>) =>
    Effect.flatMap(session.sandbox.bundle(run), (bundle) => session.takeBundle(Option.getOrThrow(bundle)))

  return { ...session, changeOf, objectsDirectory, runAgent }
})

/** Until the container runs, with everything mounted. */
const running = (name: string) =>
  Effect.flatMap(DockerEngine, (engine) => engine.inspectContainer(name)).pipe(
    Effect.filterOrFail(Option.exists(DockerContainer.isRunning), () => new Cause.NoSuchElementException(name)),
    Effect.retry({ schedule: Schedule.spaced("50 millis"), times: 400 })
  )

const ofObjects = "git count-objects -v | grep -E '^(count|in-pack|alternate)'"

describe("a workspace with shared objects", () => {
  itDocker("copies none, goes on in a second container, and cannot write them", () =>
    Effect.gen(function*() {
      const { changeOf, runAgent, sandbox, session } = yield* makeSharing
      const first = yield* runAgent(
        1,
        `${ofObjects}; git log --format=%s origin/$OPENTL_BRANCH; touch /opt/opentl/objects/x || echo refused; echo bye >hello.txt`
      )
      assert.deepStrictEqual(first.exit, { code: 0, reason: undefined })
      assert.include(first.output, "count: 0\nin-pack: 0\nalternate: /opt/opentl/objects\nfirst\n")
      assert.include(first.output, "refused\n")
      assert.include(yield* changeOf(first.run), "-hello\n+bye")
      yield* sandbox.removeRuns(session)
      assert.isTrue(yield* sandbox.hasRepository(session))
      const second = yield* runAgent(2, "git fsck && git show HEAD~1:hello.txt; echo again >>hello.txt")
      assert.include(second.output, "Continuing in the workspace\n")
      assert.include(second.output, "\nhello\n")
      assert.match(yield* changeOf(second.run), /\+again[^]*-hello\n\+bye/)
    }))

  itDocker(
    "is made in a container that was prepared for it, and anew where an earlier one was left half-made",
    () =>
      Effect.gen(function*() {
        const { changeOf, gatewayDirectory, objectsDirectory, round, runAgent, sandbox, session } = yield* makeSharing
        yield* sandbox.prepare(round(1), { gatewayDirectory, objectsDirectory })
        const first = yield* runAgent(1, "rm ../ready; echo half >hello.txt")
        assert.include(first.output, "Cloning repository\n")
        yield* sandbox.removeRuns(session)
        assert.isFalse(yield* sandbox.hasRepository(session))
        const second = yield* runAgent(2, "cat hello.txt; echo bye >hello.txt")
        assert.include(second.output, "\nhello\n")
        assert.include(yield* changeOf(second.run), "-hello\n+bye")
      })
  )

  itDocker("reads those of a mirror that was made anew after the container was prepared", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { changeOf, gatewayDirectory, objectsDirectory, round, runAgent, sandbox } = yield* makeSharing
      yield* fs.rename(objectsDirectory, `${objectsDirectory}.good`)
      yield* fs.makeDirectory(objectsDirectory)
      yield* sandbox.prepare(round(1), { gatewayDirectory, objectsDirectory })
      yield* running(`${runName(round(1))}-next`)
      yield* fs.rename(objectsDirectory, `${objectsDirectory}.broken`)
      yield* fs.rename(`${objectsDirectory}.good`, objectsDirectory)
      const { run } = yield* runAgent(1, "echo bye >hello.txt")
      assert.include(yield* changeOf(run), "-hello\n+bye")
    }))

  itDocker("goes on with its own copies where it was cloned from a bundle", () =>
    Effect.gen(function*() {
      const { changeOf, runAgent, sandbox, specOf, round, outputOf, session } = yield* makeSharing
      yield* sandbox.start(specOf(round(1), "echo bye >hello.txt"))
      yield* outputOf(round(1))
      yield* sandbox.exit(round(1))
      yield* sandbox.removeRuns(session)
      const second = yield* runAgent(2, `${ofObjects}; echo again >>hello.txt`)
      assert.notInclude(second.output, "alternate")
      assert.match(yield* changeOf(second.run), /\+again[^]*-hello\n\+bye/)
    }))
})
