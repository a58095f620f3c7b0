/** The built program keeps a sandbox waiting in Docker: its next session works in it, and none is left when it has ended. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { DockerEngine } from "../../src/services/sandbox/docker/DockerEngine.ts"
import { Docker, itDocker } from "../support/Docker.ts"
import * as Git from "../support/Git.ts"
import * as Program from "../support/Program.ts"

const world = Effect.gen(function*() {
  const engine = yield* DockerEngine
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-waiting-" })
  const { image } = yield* Docker
  const environment = {
    OPENTL_DATA_DIR: dataDir,
    OPENTL_SANDBOX: "docker",
    OPENTL_DOCKER_IMAGE: image,
    OPENTL_EGRESS: "none",
    OPENTL_AGENT: "command:echo b > b.txt"
  }
  yield* Program.tidy(environment)

  const labels = Effect.map(
    fs.readFileString(`${dataDir}/instance`),
    (instance) => ({ "opentl.instance": instance.trim() })
  )
  /** What of this installation is on the engine. */
  const present = Effect.gen(function*() {
    const containers = yield* engine.listContainers(yield* labels)
    const volumes = yield* engine.listVolumes(yield* labels)
    return { containers: containers.map(({ names }) => names[0] ?? ""), volumes: volumes.map(({ name }) => name) }
  })
  const until = (isSo: (found: Effect.Effect.Success<typeof present>) => boolean) =>
    present.pipe(
      Effect.filterOrFail(isSo, ({ containers, volumes }) =>
        new Cause.NoSuchElementException([...containers, ...volumes].join(", "))),
      Effect.retry(Schedule.spaced("100 millis"))
    )
  /** The session whose run a sandbox waits for. */
  const waitingFor = (run: string) => {
    const isIt = (name: string) => name.endsWith(`-${run}-next`)
    return Effect.map(
      until(({ containers }) => containers.filter(isIt).length === 1),
      ({ containers }) => containers.find(isIt)?.slice("/opentl-".length, -`-${run}-next`.length) ?? ""
    )
  }
  /** The session that does not exist yet. */
  const waiting = waitingFor("1-1")
  return { environment, present, until, waiting, waitingFor, repo: yield* Git.repository({ "README.md": "# Hello\n" }) }
})

describe("a waiting sandbox", () => {
  itDocker("becomes the next session's, and is gone when the server has ended", () =>
    Effect.gen(function*() {
      const { environment, present, repo, waiting } = yield* world
      const server = yield* Program.serve(environment)
      const next = yield* waiting
      const id = yield* server.create({ repo, prompt: "Add b.txt" })
      assert.strictEqual(id, next)
      const told = [...(yield* Stream.runCollect(server.events(id)))].map(({ type }) => type)
      assert.include(told, "diff", told.join(", "))
      assert.notStrictEqual(yield* waiting, id)
      yield* server.kill("SIGTERM")
      assert.strictEqual(yield* server.ended, 0)
      // the workspace of a session that ended is kept for its next turn
      assert.deepStrictEqual(yield* present, { containers: [], volumes: [`opentl-${id}`] })
    }))

  itDocker("of a server that was killed is removed by the next one, with its volume", () =>
    Effect.gen(function*() {
      const { environment, until, waiting } = yield* world
      const killed = yield* Program.serve(environment)
      yield* waiting
      yield* killed.kill("SIGKILL")
      yield* killed.ended
      yield* Program.serve({ ...environment, OPENTL_WARM: "0" })
      yield* until(({ containers, volumes }) => containers.length + volumes.length === 0)
    }))

  itDocker(
    "waits for a session that rests, for whose next turn it is, and goes when the server is killed",
    () =>
      Effect.gen(function*() {
        const { environment, repo, until, waitingFor } = yield* world
        const engine = yield* DockerEngine
        const server = yield* Program.serve({
          ...environment,
          OPENTL_AGENT: "command:echo more >> b.txt; echo $HOSTNAME"
        })
        const id = yield* server.create({ repo, prompt: "Add b.txt" })
        yield* Stream.runDrain(server.events(id))
        assert.strictEqual(yield* waitingFor("2-1"), id)
        const [container] = yield* engine.listContainers({ "opentl.session": id })
        yield* server.post(`/api/sessions/${id}/messages`, { text: "Once more." })
        const events = [...(yield* Stream.runCollect(server.events(id)))]
        const hosts = events.filter(({ type }) => type === "output").map(({ data }) => data)
        assert.strictEqual(hosts.at(-1), container?.id.slice(0, 12), "it is the container that waited")
        assert.strictEqual(yield* waitingFor("3-1"), id)
        yield* server.kill("SIGKILL")
        yield* server.ended
        yield* Program.serve({ ...environment, OPENTL_WARM: "0" })
        yield* until(({ containers }) => containers.length === 0)
      })
  )
})
