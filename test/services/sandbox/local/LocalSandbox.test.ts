import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { AppConfigShape } from "../../../../src/services/config/AppConfig.ts"
import * as LocalSandbox from "../../../../src/services/sandbox/local/LocalSandbox.ts"
import { Sandbox } from "../../../../src/services/sandbox/Sandbox.ts"
import { SandboxRuntime } from "../../../../src/services/sandbox/SandboxRuntime.ts"
import { serve } from "../../../support/Loopback.ts"
import { layerConfig, testConfig } from "../../../support/TestConfig.ts"
import { checksConformance } from "../ChecksConformance.ts"
import { limitsConformance, temporaryFilesConformance } from "../LimitsConformance.ts"
import { conformance } from "../SandboxConformance.ts"
import { type Declare, makeSession } from "../SandboxSession.ts"

const makeSubject = (layer: typeof LocalSandbox.layer) => (limits: Partial<AppConfigShape["limits"]> = {}) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "data-" })
    const server = layer.pipe(
      Layer.provide(SandboxRuntime.layer),
      Layer.provide(
        layerConfig({
          dataDir,
          limits: { ...testConfig.limits, memoryBytes: 512 * 1024 ** 2, cpus: 1, pids: 200, ...limits }
        })
      ),
      Layer.provide(NodeContext.layer)
    )
    return { dataDir, open: Effect.map(Layer.build(Layer.fresh(server)), Context.get(Sandbox)) }
  })

const declare: Declare = (name, test) => it.scopedLive(name, () => Effect.provide(test(), NodeContext.layer))

describe("LocalSandbox in bubblewrap", () => {
  conformance(declare, makeSubject(LocalSandbox.layer))
  limitsConformance(declare, makeSubject(LocalSandbox.layer))
  temporaryFilesConformance(declare, makeSubject(LocalSandbox.layer))
  checksConformance(declare, makeSubject(LocalSandbox.layer))

  declare("sees the workspace and nothing else of the host", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const subject = yield* makeSubject(LocalSandbox.layer)()
      const { runAgent, sandbox } = yield* makeSession(subject)
      assert.strictEqual(sandbox.kind, "local (bubblewrap)")
      yield* fs.writeFileString(`${subject.dataDir}/config.env`, "ANTHROPIC_API_KEY=sk-host-secret\n")
      const host = yield* serve(() => Effect.never)
      const port = new URL(host).port
      const { output } = yield* runAgent(
        1,
        [
          `ls -A ${subject.dataDir}`,
          "ls -A / /tmp",
          "echo processes: $(ls -d /proc/[0-9]* | wc -l)",
          "id -u",
          `node -e 'require("node:net").connect(${port}, "127.0.0.1").on("error", (e) => console.log(e.code))'`,
          "touch /usr/x 2>&1",
          "echo data: $(ulimit -d) core: $(ulimit -c) processes: $(ulimit -u)"
        ].join("\n")
      )
      assert.notInclude(output, "config.env")
      assert.notInclude(output, "runs")
      assert.notMatch(output, /^(root|home|var\/lib|srv)$/m)
      assert.match(output, /^processes: \d$|^processes: 1\d$/m)
      assert.match(output, /^1000$/m)
      assert.include(output, "ECONNREFUSED")
      assert.include(output, "Read-only file system")
      assert.include(output, "data: 524288 core: 0 processes: 200")
    }))
})

describe("LocalSandbox without isolation", () => {
  conformance(declare, makeSubject(LocalSandbox.layerPlain))
  limitsConformance(declare, makeSubject(LocalSandbox.layerPlain))
  checksConformance(declare, makeSubject(LocalSandbox.layerPlain))

  declare("says so", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* makeSession(yield* makeSubject(LocalSandbox.layerPlain)())
      assert.strictEqual(sandbox.kind, "local (no isolation)")
    }))

  declare("gives a run its own environment, not the server's", () =>
    Effect.gen(function*() {
      const { runAgent } = yield* makeSession(yield* makeSubject(LocalSandbox.layerPlain)())
      const { output } = yield* runAgent(
        1,
        "cat /proc/$PPID/environ /proc/self/environ | tr '\\0' '\\n' | cut -d= -f1 | sort -u; ps -o sid= -p $PPID"
      )
      const names = output.split("\n")
      assert.includeMembers(names, ["PATH", "HOME", "LANG", "OPENTL_WORKSPACE"])
      // vitest sets these in its workers
      assert.notInclude(names, "VITEST_WORKER_ID")
      assert.notInclude(names, "NODE_ENV")
    }))
})
