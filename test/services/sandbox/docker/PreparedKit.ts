/** A sandbox on the real engine, and the containers of a session that are on it. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import type { AppConfig } from "../../../../src/services/config/AppConfig.ts"
import { DockerEngine } from "../../../../src/services/sandbox/docker/DockerEngine.ts"
import * as DockerSandbox from "../../../../src/services/sandbox/docker/DockerSandbox.ts"
import { Sandbox } from "../../../../src/services/sandbox/Sandbox.ts"
import { SandboxRuntime } from "../../../../src/services/sandbox/SandboxRuntime.ts"
import { Docker } from "../../../support/Docker.ts"
import { layerConfig, testConfig } from "../../../support/TestConfig.ts"

export const makeSubjectOn = Effect.fnUntraced(function*(engine: Layer.Layer<DockerEngine, never, AppConfig>) {
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "data-" })
  const config = layerConfig({
    dataDir,
    docker: yield* Docker,
    limits: { ...testConfig.limits, memoryBytes: 256 * 1024 ** 2, pids: 100 }
  })
  const server = DockerSandbox.layer.pipe(
    Layer.provide([engine, SandboxRuntime.layer]),
    Layer.provide([config, NodeContext.layer])
  )
  return { dataDir, open: Effect.map(Layer.build(Layer.fresh(server)), Context.get(Sandbox)) }
})

export const makeSubject = makeSubjectOn(DockerEngine.layer)

/** The session's containers by name, with their state. */
export const containers = (session: string) =>
  Effect.gen(function*() {
    const engine = yield* DockerEngine
    const found = yield* engine.listContainers({ "opentl.session": session })
    const named = yield* Effect.forEach(found, ({ id, names }) =>
      Effect.map(engine.inspectContainer(id), (info) =>
        [(names[0] ?? "").slice(1), {
          id,
          status: Option.map(info, ({ state }) =>
            state.status)
        }] as const))
    return new Map(named)
  })

/** Until the container waits. */
export const waiting = (session: string, name: string) =>
  containers(session).pipe(
    Effect.map((all) => all.get(name)),
    Effect.filterOrFail(
      (found) => found !== undefined && Option.contains(found.status, "running"),
      () => new Cause.NoSuchElementException(`${name} does not wait`)
    ),
    Effect.retry({ schedule: Schedule.spaced("50 millis"), times: 400 }),
    Effect.map((found) => found?.id)
  )

/** The engine, where an image that is built anew gets another id: what the engine says, and what a test appends. */
export const renamingImages = (suffix: Ref.Ref<string>) =>
  Layer.effect(
    DockerEngine,
    Effect.map(DockerEngine, (engine) =>
      DockerEngine.of({
        ...engine,
        imageId: (image) => Effect.zipWith(engine.imageId(image), Ref.get(suffix), (id, suffix) => id + suffix)
      }))
  ).pipe(Layer.provide(DockerEngine.layer))
