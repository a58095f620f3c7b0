/** `opentl doctor`: this machine, and how findings are told. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { type DoctorCheck, type Finding, ok } from "../../../src/cli/doctor/DoctorCheck.ts"
import { examineEach, names } from "../../../src/cli/doctor/DoctorChecks.ts"
import { findingLine } from "../../../src/cli/doctor/DoctorCommand.ts"
import { atLeast, hostChecks, nodeVerdict } from "../../../src/cli/doctor/HostChecks.ts"
import * as Style from "../../../src/cli/terminal/Style.ts"
import { AppConfig } from "../../../src/services/config/AppConfig.ts"
import { runCli, withEnvironment } from "../Harness.ts"
import { findings, network } from "./DoctorKit.ts"

describe("host", () => {
  it.scoped("looks at what is there", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const found = yield* findings(hostChecks, { OPENTL_DATA_DIR: `${directory}/deep/data`, OPENTL_EGRESS: "none" })
      assert.include(found.get("node")?.detail ?? "", process.versions.node)
      assert.strictEqual(found.get("git")?.status, "ok")
      assert.include(found.get("data directory")?.detail, "created at the first start")
      assert.match(found.get("disk")?.detail ?? "", /GiB free/)
      assert.strictEqual(found.get("server")?.status, "fail")
      assert.strictEqual(found.get("network")?.status, "ok")
      assert.isFalse(yield* fs.exists(`${directory}/deep`))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.effect("asks the server that is named", () =>
    Effect.gen(function*() {
      const environment = { OPENTL_SERVER: "http://server.test/", OPENTL_EGRESS: "none" }
      const up = yield* findings(hostChecks, environment, { "http://server.test/health": [200, "ok"] })
      assert.strictEqual(up.get("server")?.status, "ok")
      const alone = yield* findings(hostChecks, { OPENTL_SERVER: "", OPENTL_EGRESS: "none" })
      assert.deepStrictEqual(alone.get("server"), {
        check: "server",
        status: "ok",
        detail: "no server runs on this data directory; commands run embedded"
      })
    }))

  it("compares versions as numbers", () => {
    assert.isTrue(["20.18.1", "20.19.0", "20.100.0", "24.0.0", "100.0"].every((v) => atLeast(v, [20, 18, 1])))
    assert.isFalse(["20.18.0", "20.9.9", "18.20.1", "2.99"].some((version) => atLeast(version, [20, 18, 1])))
    assert.isTrue(atLeast("2.30", [2, 30]) && atLeast("2.39.5", [2, 30]) && !atLeast("2.9.9", [2, 30]))
  })

  it.effect("knows the Node that the package wants, and which get no fixes any more", () =>
    Effect.gen(function*() {
      const manifest = yield* FileSystem.FileSystem.pipe(
        Effect.flatMap((fs) => fs.readFileString(new URL("../../../package.json", import.meta.url).pathname)),
        Effect.map((text) => JSON.parse(text).engines.node)
      )
      assert.match(nodeVerdict("20.18.0").mend ?? "", new RegExp(`at least ${manifest.replace(">=", "")}$`))
      const status = (version: string) => nodeVerdict(version).status
      assert.deepStrictEqual(["18.20.8", "20.18.0"].map(status), ["fail", "fail"])
      assert.deepStrictEqual(["20.18.1", "20.20.2", "21.7.3", "23.11.1"].map(status), ["warn", "warn", "warn", "warn"])
      assert.match(nodeVerdict("20.20.2").detail, /out of maintenance/)
      assert.deepStrictEqual(["22.21.0", "24.11.0", "26.1.0"].map(status), ["ok", "ok", "ok"])
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("doctor", () => {
  it.effect("does not wait for ever for a check", () =>
    Effect.gen(function*() {
      // its time may begin late on a busy machine: what it needs is read before
      const found = yield* Effect.raceFirst(
        findings([{ name: "slow", run: Effect.never }], {}),
        Effect.forever(TestClock.adjust("1 second"))
      )
      assert.strictEqual(found.get("slow")?.status, "fail")
    }))

  it.effect("tells each finding when it is known, and waits with none for another", () =>
    Effect.gen(function*() {
      const slow = yield* Deferred.make<void>()
      const told = yield* Queue.unbounded<string>()
      const check = (name: string, first: Effect.Effect<unknown>): DoctorCheck => ({
        name,
        run: Effect.as(first, ok(name))
      })
      const checks = [check("slow", Deferred.await(slow)), check("quick", Effect.void), check("other", Effect.void)]
      const examination = yield* examineEach(checks).pipe(
        Stream.runForEach((finding) => Queue.offer(told, finding.check)),
        Effect.provide(AppConfig.layer.pipe(Layer.provideMerge(Layer.merge(network({}), NodeContext.layer)))),
        withEnvironment({}),
        Effect.fork
      )
      assert.sameMembers([yield* Queue.take(told), yield* Queue.take(told)], ["quick", "other"])
      assert.strictEqual(yield* Queue.size(told), 0)
      yield* Deferred.succeed(slow, undefined)
      assert.strictEqual(yield* Queue.take(told), "slow")
      yield* Fiber.join(examination)
    }))

  it("prints a line a finding", () => {
    const material: ReadonlyArray<Finding> = [
      { check: "git", status: "ok", detail: "git 2.39.5" },
      { check: "sandbox", status: "fail", detail: "no\nimage", mend: "run `opentl sandbox build`" }
    ]
    assert.deepStrictEqual(material.map((finding) => findingLine(finding, 7, Style.plain)), [
      "ok    git      git 2.39.5",
      "fail  sandbox  no image → run `opentl sandbox build`"
    ])
  })

  it.live("fails where Docker is wanted and does not answer, with the mend", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* runCli(["doctor", "--json"], {
        environment: {
          OPENTL_SANDBOX: "docker",
          DOCKER_HOST: "unix:///nonexistent/docker.sock",
          OPENTL_EGRESS: "none",
          OPENTL_DATA_DIR: "/tmp"
        }
      })
      assert.strictEqual(code, 1)
      assert.strictEqual(err, "")
      const documents: ReadonlyArray<Finding> = JSON.parse(out)
      assert.deepStrictEqual(documents.map(({ check }) => check), names)
      const sandbox = documents.find(({ check }) => check === "sandbox")
      assert.strictEqual(sandbox?.status, "fail")
      assert.isNotEmpty(sandbox?.mend)
    }))

  it.effect("fails with a configuration that cannot be read", () =>
    Effect.gen(function*() {
      const { code, out } = yield* runCli(["doctor"], { environment: { OPENTL_CPUS: "lots" } })
      assert.strictEqual(code, 1)
      assert.match(out, /^fail {2}configuration {3}OPENTL_CPUS is "lots": give /)
    }))
})
