import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { get } from "../../../../scripts/support/engine.mjs"
import type { AppConfigShape } from "../../../../src/services/config/AppConfig.ts"
import * as DockerContainer from "../../../../src/services/sandbox/docker/DockerContainer.ts"
import { DockerEngine } from "../../../../src/services/sandbox/docker/DockerEngine.ts"
import * as DockerSandbox from "../../../../src/services/sandbox/docker/DockerSandbox.ts"
import { runName, Sandbox } from "../../../../src/services/sandbox/Sandbox.ts"
import { InstanceId } from "../../../../src/services/sandbox/SandboxInstance.ts"
import { SandboxRuntime } from "../../../../src/services/sandbox/SandboxRuntime.ts"
import { Docker, itDocker } from "../../../support/Docker.ts"
import { serve } from "../../../support/Loopback.ts"
import { layerConfig, testConfig } from "../../../support/TestConfig.ts"
import { checksConformance } from "../ChecksConformance.ts"
import { limitsConformance, temporaryFilesConformance } from "../LimitsConformance.ts"
import { conformance } from "../SandboxConformance.ts"
import { makeSession, newSession } from "../SandboxSession.ts"

const secret = "sk-ant-host-secret"

/** An installation on the machine's engine. */
const makeSubject = (
  docker: Partial<AppConfigShape["docker"]> = {},
  limits: Partial<AppConfigShape["limits"]> = {}
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "data-" })
    const config = layerConfig({
      dataDir,
      docker: { ...(yield* Docker), ...docker },
      limits: { ...testConfig.limits, memoryBytes: 256 * 1024 ** 2, cpus: 1.5, pids: 100, ...limits },
      anthropic: { apiKey: Option.some(Redacted.make(secret)), baseUrl: "http://127.0.0.1:1" }
    })
    const server = DockerSandbox.layer.pipe(
      Layer.provide([DockerEngine.layer, SandboxRuntime.layer]),
      Layer.provide([config, NodeContext.layer])
    )
    return { dataDir, open: Effect.map(Layer.build(Layer.fresh(server)), Context.get(Sandbox)) }
  })

const inspect = (name: string) =>
  Effect.map(Effect.promise(() => get(`/containers/${name}/json`)), (info) => JSON.stringify(info, null, 2))

const containers = (session: string) =>
  Effect.flatMap(DockerEngine, (engine) => engine.listContainers({ "opentl.session": session }))

describe("DockerSandbox", () => {
  conformance(itDocker, (limits) => makeSubject({}, limits))
  limitsConformance(itDocker, (limits) => makeSubject({}, limits))
  temporaryFilesConformance(itDocker, (limits) => makeSubject({}, limits))
  checksConformance(itDocker, (limits) => makeSubject({}, limits))

  itDocker("bounds and strips the container, and tells it no secret", () =>
    Effect.gen(function*() {
      const { round, runAgent, session } = yield* makeSession(yield* makeSubject())
      const { output } = yield* runAgent(
        1,
        "env; cat /proc/1/environ /proc/self/status; id; touch \"$OPENTL_RUNTIME/x\" /usr/x 2>&1"
      )
      const shown = yield* inspect(runName(round(1)))
      const wanted = {
        Memory: 256 * 1024 ** 2,
        MemorySwap: 256 * 1024 ** 2,
        NanoCpus: 1_500_000_000,
        PidsLimit: 100,
        NetworkMode: "none",
        Privileged: false
      }
      for (const [name, value] of Object.entries(wanted)) assert.include(shown, `"${name}": ${JSON.stringify(value)}`)
      assert.match(shown, /"CapDrop": \[\s+"ALL"\s+\]/)
      assert.include(shown, "\"no-new-privileges\"")
      assert.include(shown, `"opentl.session": "${session}"`)
      assert.include(shown, "\"opentl.turn\": \"1\"")
      assert.include(shown, "\"opentl.round\": \"1\"")
      assert.match(shown, /"opentl.instance": "[0-9a-f]{16}"/)
      assert.match(output, /^CapEff:\s+0000000000000000$/m)
      assert.match(output, /^NoNewPrivs:\s+1$/m)
      assert.match(output, /uid=1000\S* gid=1000/)
      assert.match(output, /\/x': Read-only file system\n/)
      assert.match(output, /\/usr\/x': Permission denied\n/)
      assert.notInclude(shown + output, secret)
    }))

  itDocker("has no network", () =>
    Effect.gen(function*() {
      const { runAgent } = yield* makeSession(yield* makeSubject())
      const port = new URL(yield* serve(() => Effect.never)).port
      const { output } = yield* runAgent(
        1,
        `ls /sys/class/net; for host in 127.0.0.1 172.17.0.1 1.1.1.1; do
          HOST=$host node -e 'require("node:net").connect(${port}, process.env.HOST).on("error", (e) => console.log(e.code))'
        done`
      )
      assert.include(output, "\nlo\n")
      assert.include(output, "ECONNREFUSED\nENETUNREACH\nENETUNREACH\n")
    }))

  itDocker("can serve on localhost, without a network", () =>
    Effect.gen(function*() {
      const { runAgent } = yield* makeSession(yield* makeSubject())
      const { output } = yield* runAgent(
        1,
        `cat >serve.mjs <<'END'
import { createServer } from "node:http"
for (const host of ["localhost", "127.0.0.1", "::1"]) {
  await new Promise((heard) => {
    const server = createServer((_, answer) => answer.end("heard on " + host)).listen(0, host, async () => {
      console.log(await (await fetch("http://localhost:" + server.address().port)).text())
      server.close(heard)
      server.closeAllConnections()
    })
  })
}
END
        NODE_USE_ENV_PROXY=0 node serve.mjs`
      )
      for (const host of ["localhost", "127.0.0.1", "::1"]) assert.include(output, `heard on ${host}\n`)
    }))

  itDocker("a run over its memory limit is killed", () =>
    Effect.gen(function*() {
      const { runAgent } = yield* makeSession(yield* makeSubject())
      const { exit } = yield* runAgent(1, "exec node -e 'const a = []; for (;;) a.push(Buffer.alloc(1 << 24, 1))'")
      assert.strictEqual(exit.code, 137)
      // not every engine notices why
      assert.include(["out of memory", "killed"], exit.reason)
    }))

  itDocker("makes a container anew that was never started", () =>
    Effect.gen(function*() {
      const { outputOf, round, sandbox, session, specOf } = yield* makeSession(yield* makeSubject())
      const engine = yield* DockerEngine
      const settings = { docker: yield* Docker, limits: testConfig.limits, egress: testConfig.egress }
      const spec = specOf(round(1), "echo working")
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(`${spec.gatewayDirectory}/hosts`, "")
      yield* engine.createContainer(
        runName(spec.run),
        DockerContainer.runContainer(settings, InstanceId.make("0".repeat(16)), "f00d", {
          ...spec,
          directories: { gateway: spec.gatewayDirectory, runtime: spec.gatewayDirectory }
        })
      )
      assert.isFalse(yield* sandbox.exists(spec.run))
      yield* sandbox.start(spec)
      assert.include(yield* outputOf(spec.run), "\nworking\n")
      assert.deepStrictEqual(yield* sandbox.sessionsWithRuns, [session])
    }))

  itDocker("leaves other installations' runs alone", () =>
    Effect.gen(function*() {
      const ours = yield* makeSession(yield* makeSubject())
      const other = yield* makeSession(yield* makeSubject())
      yield* other.runAgent(1, "true")
      assert.deepStrictEqual(yield* ours.sandbox.sessionsWithRuns, [])
      yield* ours.sandbox.removeRuns(other.session)
      assert.isTrue(yield* other.sandbox.exists(other.round(1)))
    }))

  itDocker("leaves no container when its inputs cannot be put in", () =>
    Effect.gen(function*() {
      const { gatewayDirectory, round, sandbox, session, specOf } = yield* makeSession(yield* makeSubject())
      const spec = specOf(round(1), "true")
      const missing = `${gatewayDirectory}/missing`
      const inputs = [{ path: "in/x", content: { _tag: "File", path: missing } } as const]
      const failure = yield* Effect.flip(sandbox.start({ ...spec, inputs }))
      assert.include(failure.message, missing)
      assert.deepStrictEqual(yield* containers(session), [])
    }))

  itDocker("a missing image is named, with what to do", () =>
    Effect.gen(function*() {
      const { round, sandbox, specOf } = yield* makeSession(yield* makeSubject({ image: "opentl-missing" }))
      const sentence = "the sandbox image opentl-missing is missing (run `opentl sandbox build`)"
      assert.strictEqual((yield* Effect.flip(sandbox.check)).message, sentence)
      assert.strictEqual((yield* Effect.flip(sandbox.start(specOf(round(1), "true")))).message, sentence)
    }))

  itDocker("an engine that does not answer is named, with what to do", () =>
    Effect.gen(function*() {
      const { open } = yield* makeSubject({ host: "unix:///nonexistent/docker.sock" })
      const failure = yield* Effect.flip((yield* open).check)
      assert.strictEqual(failure._tag, "SandboxUnavailable")
      assert.match(
        failure.message,
        /^Docker is not reachable at unix:\/\/\/nonexistent\/docker.sock: .*ENOENT.* \(start Docker, or set OPENTL_SANDBOX=local\)$/
      )
      const session = yield* newSession
      assert.strictEqual((yield* Effect.flip((yield* open).removeRuns(session)))._tag, "SandboxUnavailable")
    }))
})
