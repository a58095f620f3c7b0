import { assert, describe, it } from "@effect/vitest"
import { SessionId } from "../../../../src/domain/Ids.ts"
import * as LocalIsolation from "../../../../src/services/sandbox/local/LocalIsolation.ts"

const places: LocalIsolation.Directories = {
  workspace: "/data/workspaces/0123456789ab",
  runtime: "/pkg/dist/sandbox",
  gateway: "/data/gateways/0123456789ab",
  temporary: "/data/runs/opentl-0123456789ab-1-2/tmp",
  node: "/home/ada/.nvm/versions/node/v24/bin/node"
}

const limits = { memoryBytes: 1024, cpus: 1, pids: 7, outputBytes: 5, diskBytes: 4096, diskReserveBytes: 0 }

const spec = {
  run: { sessionId: SessionId.make("0123456789ab"), turn: 1, round: 2 },
  environment: { OPENTL_AGENT: "opentl", OPENTL_WORKSPACE: "/elsewhere", PATH: "/elsewhere" },
  inputs: [],
  gatewayDirectory: places.gateway
}

const isolated = { bubblewrap: true, limits: true }

/** The paths that a command line binds, and how. */
const binds = (line: ReadonlyArray<string>) =>
  line.flatMap((word, index) => /^--(ro-)?bind/.test(word) ? [`${word} ${line[index + 1]}`] : [])

describe("LocalIsolation", () => {
  it("only the workspace and the run's temporary directory can be written, and shared memory is bounded", () => {
    const line = LocalIsolation.isolate(isolated, places, limits, ["true"])
    const bound = binds(line)
    assert.deepStrictEqual(bound.filter((bind) => bind.startsWith("--bind")), [
      `--bind ${places.temporary}`,
      `--bind ${places.temporary}`,
      `--bind ${places.workspace}`
    ])
    const words = line.join(" ")
    assert.include(words, "--size 67108864 --tmpfs /dev/shm ")
    assert.strictEqual(words.match(/--tmpfs/g)?.length, 1)
    assert.include(words, "--remount-ro /dev --remount-ro / ")
    assert.include(bound, `--ro-bind ${places.gateway}`)
    assert.include(bound, `--ro-bind ${places.runtime}`)
  })

  it("of the user's own directories there is Node alone", () => {
    const bound = binds(LocalIsolation.isolate(isolated, places, limits, ["true"]))
    const own = bound.filter((bind) => bind.includes("/home/") || bind.includes("/root"))
    assert.deepStrictEqual(own, [
      "--ro-bind-try /home/ada/.nvm/versions/node/v24/bin",
      "--ro-bind-try /home/ada/.nvm/versions/node/v24/lib/node_modules"
    ])
    const system = binds(LocalIsolation.isolate(isolated, { ...places, node: "/usr/bin/node" }, limits, ["true"]))
    assert.isTrue(system.every((bind) => !bind.includes("/home/")))
  })

  it("limits come inside the isolation; without it there is none on the number of processes", () => {
    const line = LocalIsolation.isolate(isolated, places, limits, ["bash", "x"])
    assert.deepStrictEqual(line.slice(line.indexOf("--") + 1), [
      "prlimit",
      "--core=0",
      "--data=1024",
      "--fsize=4096",
      "--nproc=7",
      "bash",
      "x"
    ])
    assert.deepStrictEqual(
      LocalIsolation.isolate({ bubblewrap: false, limits: true }, places, limits, ["bash", "x"]),
      ["prlimit", "--core=0", "--data=1024", "--fsize=4096", "bash", "x"]
    )
    assert.deepStrictEqual(LocalIsolation.isolate(LocalIsolation.none, places, limits, ["bash", "x"]), ["bash", "x"])
  })

  it("the environment is the run's own", () => {
    const host = { path: "/opt/tools:/usr/bin", lang: "C.UTF-8" }
    const of = (isolation: LocalIsolation.Isolation) => LocalIsolation.environment(isolation, places, host, spec)
    assert.deepStrictEqual(of(LocalIsolation.none), {
      PATH: "/home/ada/.nvm/versions/node/v24/bin:/opt/tools:/usr/bin",
      LANG: "C.UTF-8",
      HOME: "/data/workspaces/0123456789ab/home",
      OPENTL_AGENT: "opentl",
      OPENTL_RUN: "opentl-0123456789ab-1-2",
      OPENTL_RUNTIME: "/pkg/dist/sandbox",
      OPENTL_WORKSPACE: "/data/workspaces/0123456789ab",
      OPENTL_GATEWAY_SOCKET: "/data/gateways/0123456789ab/gateway.sock"
    })
    assert.notInclude(of(isolated)["PATH"], "/opt/tools")
  })
})
