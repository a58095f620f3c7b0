/** A run on a terminal of a machine with Docker and without the sandbox image: an engine's stand-in, the built program. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import { keys } from "../support/Terminal.ts"
import * as World from "./World.ts"

/** An engine with no image until it has built one, or one with these labels, which knows nothing else. */
const engine = (builds: ReadonlyArray<unknown>, labels?: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const socket = `${yield* fs.makeTempDirectoryScoped({ prefix: "e-" })}/docker.sock`
    const asked = yield* Ref.make<ReadonlyArray<string>>([])
    const hasImage = yield* Ref.make(labels !== undefined)
    const node = Http.createServer()
    const server = yield* NodeHttpServer.make(() => node, { path: socket })
    yield* Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))
    yield* server.serve(Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const path = request.url.replace(/^\/v[\d.]+/, "").replace(/\?.*$/, "")
      yield* Ref.update(asked, (all) => [...all, `${request.method} ${path}`])
      if (path === "/_ping") return HttpServerResponse.text("OK", { headers: { "api-version": "1.47" } })
      if (path === "/version") return HttpServerResponse.text("{\"Arch\":\"amd64\"}")
      if (path === "/build") {
        yield* Stream.runDrain(request.stream)
        yield* Ref.set(hasImage, true)
        return HttpServerResponse.text(builds.map((line) => `${JSON.stringify(line)}\r\n`).join(""))
      }
      const isImage = path.startsWith("/images/") && (yield* Ref.get(hasImage))
      return isImage
        ? HttpServerResponse.text(JSON.stringify({ Id: "sha256:1", Config: { Labels: labels ?? {} } }))
        : HttpServerResponse.text("{\"message\":\"no such thing\"}", { status: 404 })
    }))
    return { asked: Ref.get(asked), host: `unix://${socket}` }
  }).pipe(Effect.orDie)

/** A world on that engine, and `run` in it, up to the question. */
const start = (builds: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const { asked, host } = yield* engine(builds)
    const world = yield* World.make({
      environment: { DOCKER_HOST: host, OPENTL_SANDBOX: "docker", OPENTL_DOCKER_IMAGE: "opentl-not-there" }
    })
    const offered = Effect.gen(function*() {
      const terminal = yield* world.terminal(["run", "Add b.txt", "--repo", world.repo])
      yield* terminal.sees("sessions run in the image opentl-not-there, which does not exist yet")
      yield* terminal.sees("Build it now?")
      return terminal
    })
    return { ...world, asked, offered }
  })

describe("a run without the sandbox image", () => {
  it.scopedLive("builds it where the person says so, before the session starts", () =>
    Effect.gen(function*() {
      const { asked, offered } = yield* start([
        { stream: "Step 1/3 : FROM base\n" },
        { stream: "Successfully built\n" }
      ])
      const terminal = yield* offered
      yield* terminal.types("maybe")
      yield* terminal.keys(keys.enter)
      yield* terminal.sees("Build it now?")
      assert.notInclude(yield* asked, "POST /build")
      yield* terminal.keys(keys.enter)
      yield* terminal.sees("Step 1/3 : FROM base")
      yield* terminal.sees("built opentl-not-there")
      yield* terminal.sees(/session [0-9a-f]{12} on/)
    }).pipe(Effect.provide(World.live)))

  it.scopedLive("starts nothing where the person says no, goes away, or the build fails", () =>
    Effect.gen(function*() {
      const { asked, model, offered, run } = yield* start([{
        errorDetail: { message: "no base" },
        error: "pull access denied"
      }])
      const declined = yield* offered
      yield* declined.types("n")
      yield* declined.keys(keys.enter)
      yield* declined.sees("error: the sandbox image opentl-not-there is missing: build it with opentl sandbox build")
      assert.strictEqual(yield* declined.ended, 1)

      const left = yield* offered
      yield* left.keys(keys.ctrlC)
      assert.strictEqual(yield* left.ended, 130)
      assert.notInclude(yield* asked, "POST /build")

      const failed = yield* offered
      yield* failed.types("yes")
      yield* failed.keys(keys.enter)
      yield* failed.sees(/error: .*pull access denied.*opentl sandbox build --base <image>/)
      assert.strictEqual(yield* failed.ended, 1)
      assert.strictEqual((yield* run("list", "--json")).out, "[]\n")
      assert.isEmpty(yield* model.calls)
    }).pipe(Effect.provide(World.live)))

  it.scopedLive("offers the agent that the image lacks, with sizes, and keeps what the image has", () =>
    Effect.gen(function*() {
      const { host } = yield* engine([], { "opentl.agents": "pi=0.87.1", "opentl.base": "debian:bookworm" })
      const world = yield* World.make({
        environment: { DOCKER_HOST: host, OPENTL_SANDBOX: "docker", OPENTL_DOCKER_IMAGE: "img" }
      })
      const command = "opentl sandbox build --agents pi,claude-code --base debian:bookworm"
      const args = ["run", "Add b.txt", "--repo", world.repo, "--agent", "claude-code"]
      const terminal = yield* world.terminal(args, { columns: 200 })
      yield* terminal.sees("the image img does not have the agent claude-code")
      yield* terminal.sees(/fetching claude-code .* \(400 MB\), pi .*the image grows by about \d+ MB/)
      yield* terminal.sees("Build it now?")
      yield* terminal.types("n")
      yield* terminal.keys(keys.enter)
      yield* terminal.sees(`error: the image img does not have the agent claude-code: build it with ${command}`)
      assert.strictEqual(yield* terminal.ended, 1)
      // where nobody can be asked, the refusal names the command
      const refused = yield* world.run(...args)
      assert.strictEqual(refused.code, 2)
      assert.include(refused.err, `the image img does not have it; run ${command}`)
    }).pipe(Effect.provide(World.live)))
})
