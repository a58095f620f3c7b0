/** What a run is given, and the pipe that lets it begin. A process of the host stands for the container. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { SessionId } from "../../../../src/domain/Ids.ts"
import * as RunInputs from "../../../../src/services/sandbox/docker/RunInputs.ts"
import type { RunId } from "../../../../src/services/sandbox/Sandbox.ts"
import { text } from "../SandboxSession.ts"

const round = (number: number): RunId => ({ sessionId: SessionId.make("0123456789ab"), turn: 1, round: number })

const setup = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const gateway = yield* fs.makeTempDirectoryScoped({ prefix: "gw-" })
  const inputs = yield* RunInputs.make
  return { fs, gateway, inputs }
})

const shell = (script: string, ...args: ReadonlyArray<string>) =>
  Command.string(Command.make("bash", "-c", script, "bash", ...args))

const given = (environment: Readonly<Record<string, string>> = {}): RunInputs.Given => ({
  inputs: [text("in/prompt.md", "Change the greeting.")],
  environment,
  logHead: "f00d"
})

layer(NodeContext.layer, { excludeTestServices: true })("RunInputs", (it) => {
  it.scoped("waits for the container, and tells the first line of its log to one reader, once", () =>
    Effect.gen(function*() {
      const { gateway, inputs } = yield* setup
      yield* inputs.prepare(gateway, round(1))
      const directory = `${gateway}/run-1-1`
      const giving = yield* Effect.fork(inputs.give(gateway, round(1), given()))
      const read = yield* shell(`read -r line <"$1/begin"; echo "$line"; cat "$1/in/prompt.md"`, directory)
      assert.strictEqual(read, "f00d\nChange the greeting.")
      yield* Fiber.join(giving)
      // an agent that opens it later waits for a writer
      const again = yield* shell(`timeout 0.3 cat "$1/begin"; echo "code $?"`, directory)
      assert.strictEqual(again, "code 124\n")
    }))

  it.scoped("has written everything when the line comes", () =>
    Effect.gen(function*() {
      const { fs, gateway, inputs } = yield* setup
      yield* inputs.prepare(gateway, round(1))
      const odd = "it's \"$HOME\" `id`\n\\ ü"
      const big = `${gateway}/big`
      yield* fs.writeFileString(big, "x".repeat(3_000_000))
      const bundle = { path: "in/repository.bundle", content: { _tag: "File", path: big } } as const
      const giving = yield* Effect.fork(
        inputs.give(gateway, round(1), { ...given({ ODD: odd }), inputs: [bundle, ...given().inputs] })
      )
      const read = yield* shell(
        `read -r line <"$1/begin"; . "$1/environment"; printf '%s|' "$ODD"; stat -c %a "$1" "$1"/* "$1"/in/* | xargs; wc -c <"$1/in/repository.bundle"`,
        `${gateway}/run-1-1`
      )
      yield* Fiber.join(giving)
      assert.strictEqual(read, `${odd}|755 644 644 755 644 644\n3000000\n`)
    }))

  it.scoped("gives installed dependencies by a link that does not stay, and goes without them where there are none", () =>
    Effect.gen(function*() {
      const { fs, gateway, inputs } = yield* setup
      const kept = `${gateway}/kept.tar`
      yield* fs.writeFileString(kept, "installed")
      for (const [number, dependencies] of [[1, kept], [2, `${gateway}/none`]] as const) {
        yield* inputs.prepare(gateway, round(number))
        const giving = yield* Effect.fork(inputs.give(gateway, round(number), { ...given(), dependencies }))
        const read = yield* shell(
          `read -r line <"$1/begin"; cat "$1/dependencies.tar" 2>&1 | grep -c installed; stat -c %h "$2"`,
          `${gateway}/run-1-${number}`,
          kept
        )
        yield* Fiber.join(giving)
        assert.strictEqual(read, number === 1 ? "1\n2\n" : "0\n1\n")
      }
      yield* inputs.prepare(gateway, round(1))
      yield* fs.link(kept, `${gateway}/run-1-1/dependencies.tar`)
      yield* inputs.takeBack(gateway)
      assert.deepStrictEqual(yield* fs.readDirectory(`${gateway}/run-1-1`), ["begin", "in"])
      assert.strictEqual(yield* fs.readFileString(kept), "installed")
    }))

  it.scoped("removes what earlier runs were given, and nothing else", () =>
    Effect.gen(function*() {
      const { fs, gateway, inputs } = yield* setup
      yield* fs.writeFileString(`${gateway}/gateway.sock`, "")
      yield* inputs.prepare(gateway, round(1))
      yield* inputs.prepare(gateway, round(1))
      yield* inputs.prepare(gateway, round(2))
      assert.deepStrictEqual([...(yield* fs.readDirectory(gateway))].sort(), ["gateway.sock", "run-1-2"])
      // the agent's next run may wait beside a run of checks
      for (const checks of ["dependencies", "head"] as const) yield* inputs.prepare(gateway, { ...round(1), checks })
      assert.deepStrictEqual([...(yield* fs.readDirectory(gateway))].sort(), [
        "gateway.sock",
        "run-1-1-head",
        "run-1-2"
      ])
      yield* inputs.prepare(gateway, round(3))
      assert.deepStrictEqual([...(yield* fs.readDirectory(gateway))].sort(), ["gateway.sock", "run-1-3"])
    }))

  it.scoped("is given up with its caller, and says why where it cannot be written", () =>
    Effect.gen(function*() {
      const { fs, gateway, inputs } = yield* setup
      yield* inputs.prepare(gateway, round(1))
      const nobody = yield* Effect.timeoutOption(inputs.give(gateway, round(1), given()), "50 millis")
      assert.isTrue(Option.isNone(nobody))
      yield* fs.remove(`${gateway}/run-1-1`, { recursive: true })
      const gone = yield* Effect.flip(inputs.give(gateway, round(1), given()))
      assert.include(gone.message, "the run's inputs cannot be written")
    }))
})
