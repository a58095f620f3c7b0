import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import { SessionId } from "../../../../src/domain/Ids.ts"
import type { AppConfigShape } from "../../../../src/services/config/AppConfig.ts"
import * as DockerContainer from "../../../../src/services/sandbox/docker/DockerContainer.ts"
import { InstanceId } from "../../../../src/services/sandbox/SandboxInstance.ts"
import { testConfig } from "../../../support/TestConfig.ts"

const spec = {
  run: { sessionId: SessionId.make("0123456789ab"), turn: 2, round: 3 },
  directories: { gateway: "/data/gateways/0123456789ab", runtime: "/data/runtime/cafe" }
}

const container = (changes: Partial<AppConfigShape> = {}) =>
  DockerContainer.runContainer({ ...testConfig, ...changes }, InstanceId.make("0".repeat(16)), "f00d", spec)

const state = (status: string, exitCode: number, outOfMemory = false) =>
  Option.some({ id: "x", state: { status, exitCode, outOfMemory } })

describe("DockerContainer", () => {
  it("has no network unless one is configured, or egress is open", () => {
    const network = (changes: Partial<AppConfigShape>) => {
      const { host, networkDisabled } = container(changes)
      return [host.networkMode, networkDisabled]
    }
    assert.deepStrictEqual(network({}), ["none", true])
    assert.deepStrictEqual(network({ egress: "none" }), ["none", true])
    assert.deepStrictEqual(network({ egress: "open" }), ["bridge", false])
    const docker = { ...testConfig.docker, network: Option.some("builds") }
    assert.deepStrictEqual(network({ docker, egress: "open" }), ["builds", false])
  })

  it("mounts the session's volume, and read-only the gateway's directory and the runtime, nothing else", () =>
    assert.deepStrictEqual(container().host.mounts, [
      { type: "volume", source: "opentl-0123456789ab", target: "/workspace", readOnly: false },
      { type: "bind", source: "/data/gateways/0123456789ab", target: "/run/opentl", readOnly: true },
      { type: "bind", source: "/data/runtime/cafe", target: "/opt/opentl/runtime", readOnly: true },
      // without a network nobody else says what localhost is
      { type: "bind", source: "/data/runtime/cafe/hosts", target: "/etc/hosts", readOnly: true }
    ]))

  it("says why a run ended where that was not its own doing", () => {
    assert.strictEqual(DockerContainer.reasonOf(0, state("exited", 0, true)), undefined)
    assert.strictEqual(DockerContainer.reasonOf(1, state("exited", 1)), undefined)
    assert.strictEqual(DockerContainer.reasonOf(137, state("exited", 137, true)), "out of memory")
    assert.strictEqual(DockerContainer.reasonOf(137, state("exited", 137)), "killed")
    assert.strictEqual(DockerContainer.reasonOf(143, state("exited", 143)), "killed")
    assert.strictEqual(DockerContainer.reasonOf(1, Option.none()), "killed")
  })
})
