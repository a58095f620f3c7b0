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

/** An engine with no image until it has built one, which knows nothing else. */
const engine = (builds: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const socket = `${yield* fs.makeTempDirectoryScoped({ prefix: "e-" })}/docker.sock`
    const asked = yield* Ref.make<ReadonlyArray<string>>([])
    const hasImage = yield* Ref.make(false)
    const node = Http.createServer()
    const server = yield* NodeHttpServer.make(() => node, { path: socket })
    yield* Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))
    yield* server.serve(Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const path = request.url.replace(/^\/v[\d.]+/, "").replace(/\?.*$/, "")
      yield* Ref.update(asked, (all) => [...all, `${request.method} ${path}`])
      if (path === "/_ping") return HttpServerResponse.text("OK", { headers: { "api-version": "1.47" } })
      if (path === "/build") {
        yield* Stream.runDrain(request.stream)
        yield* Ref.set(hasImage, true)
        return HttpServerResponse.text(builds.map((line) => `${JSON.stringify(line)}\r\n`).join(""))
      }
      const isImage = path.startsWith("/images/") && (yield* Ref.get(hasImage))
      return isImage
        ? HttpServerResponse.text("{}")
        : HttpServerResponse.text("{\"message\":\"no such thing\"}", { status: 404 })
    }))
    return { asked: Ref.get(asked), host: `unix://${socket}` }
  }).pipe(Effect.orDie)

const start = (builds: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const { asked, host } = yield* engine(builds)
    const world = yield* World.make({
      environment: { DOCKER_HOST: host, OPENTL_SANDBOX: "docker", OPENTL_DOCKER_IMAGE: "opentl-not-there" }
    })
    const terminal = yield* world.terminal(["run", "Add b.txt", "--repo", world.repo])
    yield* terminal.sees("sessions run in the image opentl-not-there, which does not exist yet")
    yield* terminal.sees("Build it now?")
    return { ...world, asked, terminal }
  })

const sessions = (listed: { readonly out: string }) => listed.out

describe("a run without the sandbox image", () => {
  it.scopedLive("builds it where the person says so, before the session starts", () =>
    Effect.gen(function*() {
      const { asked, terminal } = yield* start([{ stream: "Step 1/3 : FROM base\n" }, {
        stream: "Successfully built\n"
      }])
      yield* terminal.types("maybe")
      yield* terminal.keys(keys.enter)
      yield* terminal.sees("Build it now?")
      assert.notInclude(yield* asked, "POST /build")
      yield* terminal.keys(keys.enter)
      yield* terminal.sees("Step 1/3 : FROM base")
      yield* terminal.sees("built opentl-not-there")
      yield* terminal.sees(/session [0-9a-f]{12} on/)
    }).pipe(Effect.provide(World.live)), 240_000)

  it.scopedLive("starts nothing where the person says no, goes away, or the build fails", () =>
    Effect.gen(function*() {
      const { model, run, terminal } = yield* start([])
      yield* terminal.types("n")
      yield* terminal.keys(keys.enter)
      yield* terminal.sees("error: the sandbox image opentl-not-there is missing: build it with opentl sandbox build")
      assert.strictEqual(yield* terminal.ended, 1)
      assert.strictEqual(sessions(yield* run("list", "--json")), "[]\n")

      const left = yield* start([])
      yield* left.terminal.keys(keys.ctrlC)
      assert.strictEqual(yield* left.terminal.ended, 130)
      assert.strictEqual(sessions(yield* left.run("list", "--json")), "[]\n")

      const failed = yield* start([{ errorDetail: { message: "no base" }, error: "pull access denied" }])
      yield* failed.terminal.types("yes")
      yield* failed.terminal.keys(keys.enter)
      yield* failed.terminal.sees(/error: .*pull access denied.*opentl sandbox build --base <image>/)
      assert.strictEqual(yield* failed.terminal.ended, 1)
      assert.strictEqual(sessions(yield* failed.run("list", "--json")), "[]\n")
      assert.isEmpty(yield* model.calls)
    }).pipe(Effect.provide(World.live)), 240_000)
})
