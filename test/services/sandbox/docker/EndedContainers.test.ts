/** What is known of a container that has ended is asked once. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ContainerInfo } from "../../../../src/services/sandbox/docker/DockerSchema.ts"
import * as EndedContainers from "../../../../src/services/sandbox/docker/EndedContainers.ts"

const container = (status: string): ContainerInfo => ({
  id: "cafe",
  state: { status, exitCode: 0, outOfMemory: false }
})

/** An engine that tells these states of each container one after the other. */
const make = (...states: ReadonlyArray<string>) => {
  const left = [...states]
  const containers = EndedContainers.make({
    inspectContainer: () => Effect.sync(() => Option.map(Option.fromNullable(left.shift()), container))
  })
  return { ...containers, status: Effect.map(containers.inspect("a"), Option.map(({ state }) => state.status)) }
}

describe("a container", () => {
  it.effect("is asked for until it has ended, and then no more", () =>
    Effect.gen(function*() {
      const { status, wasSeen } = make("created", "running", "exited")
      const seen = yield* Effect.replicateEffect(status, 5)
      assert.deepStrictEqual(seen.map(Option.getOrThrow), ["created", "running", "exited", "exited", "exited"])
      assert.isFalse(yield* wasSeen("a"), "only the engine has told it")
    }))

  it.effect("is asked for anew when there is another one of its name", () =>
    Effect.gen(function*() {
      const { forget, status } = make("exited", "running")
      yield* status
      yield* forget("a")
      assert.deepStrictEqual(yield* status, Option.some("running"))
    }))

  it.effect("whose end was seen here is not asked for", () =>
    Effect.gen(function*() {
      const { forget, keepSeen, status, wasSeen } = make("running")
      yield* keepSeen("a", container("exited"))
      assert.deepStrictEqual([yield* status, yield* wasSeen("a")], [Option.some("exited"), true])
      yield* forget("a")
      assert.deepStrictEqual([yield* status, yield* wasSeen("a")], [Option.some("running"), false])
    }))
})
