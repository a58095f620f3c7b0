/** The part of the container engine's HTTP API that sandboxes need. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { pipe } from "effect/Function"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { AppConfig } from "../../config/AppConfig.ts"

import type { Cpu } from "../ImagePackages.ts"
import { EngineConflict, type EngineFailure, EngineNotFound, type EngineUnreachable } from "./DockerErrors.ts"
import * as DockerLogs from "./DockerLogs.ts"
import * as Wire from "./DockerSchema.ts"
import * as DockerTransport from "./DockerTransport.ts"

export class DockerEngine extends Context.Tag("opentl/services/sandbox/docker/DockerEngine")<DockerEngine, {
  /** The engine's configured address. */
  readonly host: string
  /** Returns the API version in use. */
  readonly ping: Effect.Effect<string, EngineUnreachable>
  /** The processor of the engine's machine. */
  readonly cpu: Effect.Effect<Cpu, EngineFailure>
  readonly hasImage: (image: string) => Effect.Effect<boolean, EngineFailure>
  /** The image's id: a digest of what is in it. */
  readonly imageId: (image: string) => Effect.Effect<string, EngineFailure>
  readonly imageLabels: (image: string) => Effect.Effect<Readonly<Record<string, string>>, EngineFailure>
  /** Builds an image from a tar archive with a `Dockerfile`; streams the engine's output. */
  readonly buildImage: <E>(options: {
    readonly tag: string
    readonly arguments: Readonly<Record<string, string>>
    /** Whether its commands use the network of the engine's machine. */
    readonly hostNetwork?: boolean
    readonly context: Stream.Stream<Uint8Array, E>
  }) => Stream.Stream<Uint8Array, EngineFailure | E>
  /** Creates a volume; `options` are for the driver. An existing volume with this name is left alone. */
  readonly createVolume: (volume: typeof Wire.VolumeSpec.Type) => Effect.Effect<void, EngineFailure>
  readonly hasVolume: (name: string) => Effect.Effect<boolean, EngineFailure>
  /** Where the volume is on the engine's machine. */
  readonly volumeDirectory: (name: string) => Effect.Effect<string, EngineFailure>
  /** The volumes that have all of the labels. */
  readonly listVolumes: (
    labels: Readonly<Record<string, string>>
  ) => Effect.Effect<ReadonlyArray<Wire.VolumeSummary>, EngineFailure>
  /** Removes the volume. Succeeds if it does not exist. */
  readonly removeVolume: (name: string) => Effect.Effect<void, EngineFailure>
  readonly createContainer: (name: string, spec: Wire.ContainerSpec) => Effect.Effect<string, EngineFailure>
  /** Starts the container. A running one is left alone. */
  readonly startContainer: (container: string) => Effect.Effect<void, EngineFailure>
  /** Renames the container, running or not. `EngineConflict` if the name is taken. */
  readonly renameContainer: (container: string, name: string) => Effect.Effect<void, EngineFailure>
  readonly inspectContainer: (container: string) => Effect.Effect<Option.Option<Wire.ContainerInfo>, EngineFailure>
  /** The bytes that the container has written outside its volumes, as counted by the engine. */
  readonly layerBytes: (container: string) => Effect.Effect<number, EngineFailure>
  /** Kills all its processes. Succeeds if it is not running. */
  readonly killContainer: (container: string) => Effect.Effect<void, EngineFailure>
  /**
   * Runs a program in a running container; its stdout until it ends. `EngineConflict` if the container is not running.
   */
  readonly exec: (container: string, program: Wire.ExecSpec) => Stream.Stream<Uint8Array, EngineFailure>
  /** Waits until the container has stopped; returns its exit code. */
  /** Signals the container to end, waits, and kills it after that many seconds. Succeeds if it does not run. */
  readonly stopContainer: (container: string, seconds: number) => Effect.Effect<void, EngineFailure>
  readonly waitContainer: (container: string) => Effect.Effect<number, EngineFailure>
  /** The containers, running or not, that have all of the labels. */
  readonly listContainers: (
    labels: Readonly<Record<string, string>>
  ) => Effect.Effect<ReadonlyArray<Wire.ContainerSummary>, EngineFailure>
  /** Kills and removes the container; its named volumes stay. Succeeds if it does not exist. */
  readonly removeContainer: (container: string) => Effect.Effect<void, EngineFailure>
  /** The container's stdout and stderr from the log's first byte; with `follow`, until it ends. */
  readonly logs: (container: string, follow: boolean) => Stream.Stream<Uint8Array, EngineFailure>
  /** Unpacks a tar archive at a path in the container, running or not. */
  readonly putArchive: <E>(
    container: string,
    path: string,
    archive: Stream.Stream<Uint8Array, E>
  ) => Effect.Effect<void, EngineFailure | E>
  /** A tar archive of a path in the container, running or not. */
  readonly getArchive: (container: string, path: string) => Stream.Stream<Uint8Array, EngineFailure>
  readonly hasPath: (container: string, path: string) => Effect.Effect<boolean, EngineFailure>
}>() {
  static readonly layer = Layer.scoped(DockerEngine, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const { docker: { host } } = yield* AppConfig
  const { bodyOf, bytes, json, ping, send, text, uploading } = yield* DockerTransport.make(host)

  const exists = <E, R>(effect: Effect.Effect<unknown, E | EngineNotFound, R>) =>
    effect.pipe(Effect.as(true), Effect.catchIf(isNotFound, () => Effect.succeed(false)))

  const gone = <E, R>(effect: Effect.Effect<unknown, E | EngineNotFound, R>) => Effect.asVoid(exists(effect))

  const inspectImage = (image: string) =>
    json("inspect the image", Wire.ImageInfo, HttpClientRequest.get(`/images/${image}/json`))

  return DockerEngine.of({
    host,
    ping,
    cpu: Effect.map(
      json("ask the engine for its version", Wire.EngineVersion, HttpClientRequest.get("/version")),
      ({ arch }) => arch === "arm64" ? "arm64" : "x64"
    ),
    hasImage: (image) => exists(text("inspect the image", HttpClientRequest.get(`/images/${image}/json`))),
    imageId: (image) => Effect.map(inspectImage(image), ({ id }) => id),
    imageLabels: (image) => Effect.map(inspectImage(image), ({ config }) => config?.labels ?? {}),
    buildImage: ({ arguments: buildArguments, context, hostNetwork = false, tag }) =>
      Stream.unwrap(uploading(context, (body) =>
        Effect.map(
          send(
            "build the image",
            HttpClientRequest.post("/build", {
              urlParams: {
                t: tag,
                rm: "1",
                forcerm: "1",
                buildargs: JSON.stringify(buildArguments),
                ...(hostNetwork ? { networkmode: "host" } : {})
              },
              body
            })
          ),
          bodyOf
        ))),
    createVolume: (volume) =>
      Effect.asVoid(text("create the volume", post("/volumes/create", Wire.VolumeSpec, volume))),
    hasVolume: (name) => exists(text("inspect the volume", HttpClientRequest.get(`/volumes/${name}`))),
    volumeDirectory: (name) =>
      Effect.map(
        json("inspect the volume", Wire.VolumeInfo, HttpClientRequest.get(`/volumes/${name}`)),
        ({ mountpoint }) => mountpoint
      ),
    listVolumes: (labels) =>
      json("list the volumes", Wire.VolumeList, HttpClientRequest.get("/volumes", { urlParams: labelled(labels) }))
        .pipe(
          Effect.map(({ volumes }) => volumes ?? [])
        ),
    removeVolume: (name) => gone(text("remove the volume", HttpClientRequest.del(`/volumes/${name}`))),
    createContainer: (name, spec) =>
      pipe(
        post("/containers/create", Wire.ContainerSpec, spec),
        HttpClientRequest.setUrlParam("name", name),
        (request) => json("create the container", Wire.Created, request),
        Effect.map(({ id }) => id)
      ),
    startContainer: (container) =>
      Effect.asVoid(text("start the container", HttpClientRequest.post(`/containers/${container}/start`))),
    renameContainer: (container, name) =>
      Effect.asVoid(
        text(
          "rename the container",
          HttpClientRequest.post(`/containers/${container}/rename`, { urlParams: { name } })
        )
      ),
    inspectContainer: (container) =>
      json("inspect the container", Wire.ContainerInfo, HttpClientRequest.get(`/containers/${container}/json`)).pipe(
        Effect.asSome,
        Effect.catchTag("EngineNotFound", () => Effect.succeedNone)
      ),
    layerBytes: (container) =>
      json(
        "measure the container",
        Wire.ContainerInfo,
        HttpClientRequest.get(`/containers/${container}/json`, { urlParams: { size: "1" } })
      ).pipe(Effect.map(({ layerBytes }) => layerBytes ?? 0)),
    killContainer: (container) =>
      text("kill the container", HttpClientRequest.post(`/containers/${container}/kill`)).pipe(
        Effect.catchIf(isNotRunning, () => Effect.void),
        Effect.asVoid
      ),
    stopContainer: (container, seconds) =>
      text(
        "stop the container",
        HttpClientRequest.post(`/containers/${container}/stop`, { urlParams: { t: String(seconds) } })
      ).pipe(Effect.catchIf(isNotRunning, () => Effect.void), Effect.asVoid),
    exec: (container, program) =>
      json("run a program", Wire.Created, post(`/containers/${container}/exec`, Wire.ExecSpec, program)).pipe(
        Effect.map(({ id }) =>
          DockerLogs.payloads(
            bytes("run a program", post(`/exec/${id}/start`, Wire.ExecStart, { detach: false, tty: false }))
          )
        ),
        Stream.unwrap
      ),
    waitContainer: (container) =>
      json("wait for the container", Wire.WaitResult, HttpClientRequest.post(`/containers/${container}/wait`)).pipe(
        Effect.map(({ exitCode }) => exitCode)
      ),
    listContainers: (labels) =>
      json(
        "list the containers",
        Schema.Array(Wire.ContainerSummary),
        HttpClientRequest.get("/containers/json", { urlParams: { all: "1", ...labelled(labels) } })
      ),
    removeContainer: (container) =>
      gone(
        text(
          "remove the container",
          HttpClientRequest.del(`/containers/${container}`, { urlParams: { force: "1", v: "0" } })
        )
      ),
    logs: (container, follow) =>
      DockerLogs.payloads(
        bytes(
          "read the log",
          HttpClientRequest.get(`/containers/${container}/logs`, {
            urlParams: { follow: follow ? "1" : "0", stdout: "1", stderr: "1" }
          })
        )
      ),
    putArchive: (container, path, archive) =>
      uploading(archive, (body) =>
        Effect.asVoid(
          text("put files in", HttpClientRequest.put(`/containers/${container}/archive`, { urlParams: { path }, body }))
        )),
    getArchive: (container, path) =>
      bytes("take files out", HttpClientRequest.get(`/containers/${container}/archive`, { urlParams: { path } })),
    hasPath: (container, path) =>
      exists(
        text("look for a file", HttpClientRequest.head(`/containers/${container}/archive`, { urlParams: { path } }))
      )
  })
})

const isNotFound = Schema.is(EngineNotFound)
const isNotRunning = Schema.is(Schema.Union(EngineNotFound, EngineConflict))

const labelled = (labels: Readonly<Record<string, string>>) => ({
  filters: JSON.stringify({ label: Object.entries(labels).map(([name, value]) => `${name}=${value}`) })
})

const post = <A, I>(path: string, schema: Schema.Schema<A, I>, value: A) =>
  HttpClientRequest.post(path, { body: HttpBody.unsafeJson(Schema.encodeSync(schema)(value)) })
