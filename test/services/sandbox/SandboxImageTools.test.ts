/** The build of the image with tools, on a stand-in of the engine: what it is asked, and what its words become. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { DockerEngine } from "../../../src/services/sandbox/docker/DockerEngine.ts"
import type { Cpu } from "../../../src/services/sandbox/ImagePackages.ts"
import { defaultBase } from "../../../src/services/sandbox/InstalledAgents.ts"
import { type ImageOptions, SandboxImage } from "../../../src/services/sandbox/SandboxImage.ts"
import { SandboxRuntime } from "../../../src/services/sandbox/SandboxRuntime.ts"
import { layerConfig } from "../../support/TestConfig.ts"

interface Asked {
  readonly arguments: Readonly<Record<string, string>>
  readonly hostNetwork: boolean
  readonly context: string
}

/** Builds on an engine that says these things, and tells what the engine was asked. */
const build = (
  options: ImageOptions,
  builds: ReadonlyArray<ReadonlyArray<unknown>>,
  environment: Readonly<Record<string, string>> = {}
) =>
  Effect.gen(function*() {
    const asked = yield* Ref.make<ReadonlyArray<Asked>>([])
    const engine = Layer.mock(DockerEngine, {
      host: "unix:///nonexistent",
      cpu: Effect.succeed<Cpu>("x64"),
      buildImage: ({ arguments: given, context, hostNetwork = false }) =>
        Stream.unwrap(Effect.gen(function*() {
          const text = yield* context.pipe(Stream.decodeText("latin1"), Stream.mkString, Effect.orDie)
          const before = yield* Ref.getAndUpdate(
            asked,
            (all) => [...all, { arguments: given, hostNetwork, context: text }]
          )
          return Stream.make((builds[before.length] ?? []).map((line) => `${JSON.stringify(line)}\r\n`).join("")).pipe(
            Stream.encodeText
          )
        }))
    })
    const result = yield* Effect.flatMap(SandboxImage, (images) => Stream.runCollect(images.build(options))).pipe(
      Effect.map(Chunk.toReadonlyArray),
      Effect.provide(SandboxImage.layer.pipe(
        Layer.provide([engine, SandboxRuntime.layer]),
        Layer.provide(layerConfig({ docker: { image: "img", host: "unix:///x", network: Option.none() } }))
      )),
      Effect.either
    )
    return { asked: yield* Ref.get(asked), result }
  }).pipe(
    Effect.provide(NodeContext.layer),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
  )

const reasonOf = <A>(result: Either.Either<A, { readonly message: string }>) =>
  Either.match(result, { onLeft: ({ message }) => message, onRight: () => "" })

const go: ImageOptions = { tools: { names: ["go"], required: true } }

describe("the build of an image with tools", () => {
  it.effect("labels the image with what the build found in it", () =>
    Effect.gen(function*() {
      const { asked, result } = yield* build(go, [[
        { stream: "Step 1/2\n" },
        { stream: "\u001b[91minstalling go\n\u001b[0mopentl.tools node=24.1.0 go=1.19.8\";RUN x\n" },
        { stream: "Successfully built\n" }
      ], [{ stream: "Step 1/2 : FROM img\n" }]])
      assert.deepStrictEqual(Either.getOrThrow(result), ["Step 1/2", "installing go", "Successfully built"])
      assert.deepInclude(asked[0]?.arguments, { BASE: defaultBase, TOOLS: "go", TOOLS_ARE: "required" })
      assert.include(asked[0]?.context, "tools/tools.sh")
      assert.include(asked[1]?.context, "FROM img\nLABEL opentl.tools=\"node=24.1.0 go=1.19.8RUN x\"\n")
    }))

  it.effect("fails with the sentence of what failed in it", () =>
    Effect.gen(function*() {
      const { asked, result } = yield* build(go, [[
        { stream: "\u001b[91mopentl: go cannot be put into the image: apt-get: E: no\n\u001b[0m" },
        { error: "The command '/bin/sh -c …' returned a non-zero code: 1" }
      ]])
      assert.strictEqual(
        reasonOf(result),
        `the image img could not be built from ${defaultBase}: go cannot be put into the image: apt-get: E: no`
      )
      assert.strictEqual(asked.length, 1)
    }))

  it.effect("names --base where the base cannot be pulled", () =>
    Effect.gen(function*() {
      const { result } = yield* build({}, [[{
        error: "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host"
      }]])
      assert.match(reasonOf(result), new RegExp(`could not be built from ${defaultBase}: .*no such host.*with --base`))
    }))

  it.effect("passes this machine's proxy on, and its network where only it reaches the proxy", () =>
    Effect.gen(function*() {
      const far = yield* build(go, [[]], { https_proxy: "http://proxy.test:3128", NO_PROXY: "example.org" })
      assert.deepInclude(far.asked[0]?.arguments, {
        HTTPS_PROXY: "http://proxy.test:3128",
        https_proxy: "http://proxy.test:3128",
        no_proxy: "example.org"
      })
      assert.isFalse(far.asked[0]?.hostNetwork)
      const near = yield* build(go, [[]], { HTTP_PROXY: "http://127.0.0.1:3128" })
      assert.isTrue(near.asked[0]?.hostNetwork)
      // without a tool, nothing of the build needs a network
      const none = yield* build({}, [[]], { HTTP_PROXY: "http://127.0.0.1:3128" })
      assert.deepEqual([none.asked[0]?.hostNetwork, none.asked[0]?.arguments["HTTP_PROXY"]], [false, undefined])
    }))
})
