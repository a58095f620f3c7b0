/** How the tests come by a sandbox image. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as PlatformError from "@effect/platform/Error"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { DockerEngine } from "../../src/services/sandbox/docker/DockerEngine.ts"
import { findImage } from "./Docker.ts"

/** An engine that has these images. */
const engineWith = (...images: ReadonlyArray<string>) =>
  Layer.mock(DockerEngine, {
    cpu: Effect.succeed("x64" as const),
    host: "unix:///engine.sock",
    hasImage: (image) => Effect.succeed(images.includes(image)),
    buildImage: () => Stream.make(new TextEncoder().encode("{\"stream\":\"built\"}\n"))
  })

/** A machine without npm. */
const noPrograms = Layer.succeed(
  CommandExecutor.CommandExecutor,
  CommandExecutor.makeExecutor(() =>
    new PlatformError.SystemError({
      reason: "NotFound",
      module: "Command",
      method: "spawn",
      description: "no such program"
    })
  )
)

const find = (...images: ReadonlyArray<string>) =>
  findImage("the-image", ["base-1", "base-2"]).pipe(
    Effect.provide(Layer.mergeAll(engineWith(...images), NodeContext.layer, noPrograms))
  )

describe("the tests' sandbox image", () => {
  it.scopedLive("is the installed one where it is there", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* find("base-1", "the-image"), "the-image")
    }))

  it.scopedLive("is no other than the one that was built before from the same base", () =>
    Effect.gen(function*() {
      const built = yield* find("base-2")
      assert.match(built, /^opentl-sandbox-test:[0-9a-f]+$/)
      assert.strictEqual(yield* find("base-2", built), built)
      assert.notStrictEqual(yield* find("base-1", built), built)
    }))

  it.scopedLive("where there is none to be had: what to run is named", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(find())
      assert.match(failure.message, /neither the image the-image nor .* \(base-1, base-2\): run `.* sandbox build`/)
    }))
})
