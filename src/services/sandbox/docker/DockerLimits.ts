/** Applies the limits to containers that the engine itself does not enforce. */
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { SessionId } from "../../../domain/Ids.ts"
import { AppConfig } from "../../config/AppConfig.ts"
import * as BarePrograms from "../../programs/BarePrograms.ts"
import * as SmallFiles from "../../support/SmallFiles.ts"
import * as WhileFresh from "../../support/WhileFresh.ts"
import type { DiskUse } from "../DiskLimit.ts"
import * as DiskReport from "../DiskReport.ts"
import * as DiskWatch from "../DiskWatch.ts"
import * as FreeSpace from "../FreeSpace.ts"
import * as RunLimits from "../RunLimits.ts"
import { isOfChecks, sessionOf } from "../Sandbox.ts"
import type { InstanceId } from "../SandboxInstance.ts"
import * as Layout from "../SandboxLayout.ts"
import { diskScript as script } from "../SandboxRuntime.ts"
import * as Tar from "../Tar.ts"
import * as DiskPrograms from "./DiskPrograms.ts"
import * as DockerContainer from "./DockerContainer.ts"
import type { DockerEngine } from "./DockerEngine.ts"
import type { EngineFailure } from "./DockerErrors.ts"
import type { ExecSpec } from "./DockerSchema.ts"
import { Found, type VolumeInPlace } from "./VolumeInPlace.ts"

/** The most bytes of the report about a run's disk: it lists as many open files as fit on a command line. */
const reportLimit = 16 * 1024 ** 2
const markLimit = 4096

const asMeasurement = (failure: EngineFailure): DiskWatch.MeasurementFailed | DiskWatch.RunEnded =>
  failure._tag === "EngineConflict" || failure._tag === "EngineNotFound"
    ? new DiskWatch.RunEnded()
    : new DiskWatch.MeasurementFailed({ reason: failure.message })

interface Options {
  readonly engine: Context.Tag.Service<DockerEngine>
  readonly instance: InstanceId
  /** The directory of the runtime files that containers are given. */
  readonly runtime: Effect.Effect<string, { readonly message: string }>
  readonly volumes: VolumeInPlace
}

export const make = Effect.fnUntraced(function*({ engine, instance, runtime, volumes }: Options) {
  const config = yield* AppConfig
  const { limits } = config
  const fs = yield* FileSystem.FileSystem
  const executor = yield* CommandExecutor.CommandExecutor
  const outputOf = yield* BarePrograms.make
  // each look at the files takes twenty, while a person waits for the round's end
  const measuring = yield* WhileFresh.make(runtime, "1 minute")

  const freeInside = (run: string) =>
    engine.exec(run, DiskPrograms.freeProgram).pipe(
      Stream.mapError(asMeasurement),
      Stream.decodeText(),
      Stream.splitLines,
      Stream.mapEffect((line) =>
        Effect.mapError(DiskReport.freeSpace(line), () => new DiskWatch.MeasurementFailed({ reason: line }))
      )
    )

  /** Nobody may end a run for the disk that has come to its end. */
  const ended = (run: string) =>
    Effect.zipRight(Effect.mapError(engine.waitContainer(run), asMeasurement), new DiskWatch.RunEnded())

  /** Asked on this machine if the disk is one of its own, else in the container, which takes the engine 50 ms. */
  const free = (run: string) =>
    volumes.directoryOfRun(run).pipe(
      Effect.map(Option.match({
        onNone: () => freeInside(run),
        onSome: (directory) => Stream.interruptWhen(FreeSpace.everySecond(directory), ended(run))
      })),
      Stream.unwrap,
      Stream.provideService(CommandExecutor.CommandExecutor, executor)
    )

  const measured = (run: string, report: Effect.Effect<string, DiskWatch.MeasurementFailed | DiskWatch.RunEnded>) =>
    Effect.all([report, Effect.mapError(engine.layerBytes(run), asMeasurement)], { concurrency: 2 }).pipe(
      Effect.flatMap(([report, layerBytes]) =>
        DiskReport.diskUse(report, 1).pipe(
          Option.map((use) => ({ ...use, bytes: use.bytes + layerBytes })),
          Effect.mapError(() => new DiskWatch.MeasurementFailed({ reason: "the report ended early" }))
        )
      )
    )

  /** A run with a workspace of its own has all its files in the container's layer. */
  const layer = (run: string) =>
    engine.layerBytes(run).pipe(
      Effect.mapError(asMeasurement),
      Effect.map((bytes): DiskUse => ({ bytes, files: 0, isWhole: true }))
    )

  const textOf = (run: string, program: ExecSpec) =>
    Effect.mapError(Layout.readText(engine.exec(run, program), reportLimit), asMeasurement)

  /** Measures a run. The tools for that are made with the first measurement, and anew after one that failed. */
  const makeUsed = (run: string) =>
    isOfChecks(run)
      ? Effect.succeed(layer(run))
      : Effect.map(
        Effect.cachedInvalidateWithTTL(textOf(run, DiskPrograms.toolsProgram), Duration.infinity),
        ([tools, makeAnew]) =>
          measured(run, Effect.zipRight(tools, textOf(run, DiskPrograms.usedProgram))).pipe(
            Effect.onError(() => makeAnew)
          )
      )

  const failed = (error: { readonly message: string }) => new DiskWatch.MeasurementFailed({ reason: error.message })

  /** Measures the volume and the run's layer where they lie, if all of both can be read there. */
  const usedInPlace = (run: string, session: SessionId) =>
    Effect.gen(function*() {
      const directories = [
        yield* Effect.flatten(volumes.directoryOf(session)),
        yield* Effect.flatten(volumes.layerOf(run))
      ]
      const report = yield* outputOf("sh", `${yield* measuring}/${script}`, "used", ...directories)
      return yield* DiskReport.diskUse(report, directories.length)
    }).pipe(Effect.option, Effect.map(Option.filter(({ isWhole }) => isWhole)))

  /** Nothing can be run in an ended container, so another one inspects the volume. */
  const reportByContainer = (session: SessionId) => {
    const name = DockerContainer.measuringName(session)
    const create = Effect.gen(function*() {
      const directories = { runtime: yield* runtime }
      yield* engine.removeContainer(name)
      const spec = DockerContainer.measuringContainer(config, instance, session, directories)
      return yield* engine.createContainer(name, spec)
    })
    return Effect.acquireUseRelease(
      create,
      (id) => Effect.zipRight(engine.startContainer(id), Layout.readText(engine.logs(id, true), reportLimit)),
      (id) => Effect.ignoreLogged(engine.removeContainer(id))
    ).pipe(Effect.mapError(failed))
  }

  const left = (run: string) =>
    Option.match(isOfChecks(run) ? Option.none() : sessionOf(run), {
      onNone: () => isOfChecks(run) ? layer(run) : new DiskWatch.RunEnded(),
      onSome: (session) =>
        Effect.flatMap(
          usedInPlace(run, session),
          Option.match({ onNone: () => measured(run, reportByContainer(session)), onSome: Effect.succeed })
        )
    })

  const markThroughEngine = (run: string) =>
    Tar.firstEntry(
      engine.getArchive(run, DockerContainer.endedFile),
      ({ content }) => Layout.readText(content, markLimit)
    ).pipe(
      // a container that is being removed has none, nor has one without the file
      Effect.catchAll((error) => error._tag === "EngineUnreachable" ? Effect.fail(error) : Effect.succeedNone)
    )

  const readMark = (run: string) =>
    Effect.flatMap(
      volumes.findInLayer(run, DockerContainer.endedFile.slice(1)),
      Option.match({
        onNone: () => markThroughEngine(run),
        onSome: Found.$match({
          File: ({ path }) =>
            SmallFiles.beginning(path, markLimit).pipe(
              Effect.asSome,
              Effect.orElse(() => markThroughEngine(run))
            ),
          Nothing: () => Effect.succeedNone
        })
      })
    )

  return yield* RunLimits.make<EngineFailure>(limits, {
    writeMark: (run, text) =>
      Tar.pack(DockerContainer.endedMark(text)).pipe(
        Effect.provideService(FileSystem.FileSystem, fs),
        Effect.flatMap((mark) => engine.putArchive(run, "/", mark))
      ),
    readMark,
    kill: engine.killContainer,
    probe: (run) => Effect.map(makeUsed(run), (used) => ({ free: free(run), used })),
    left
  })
})

export type DockerLimits = Effect.Effect.Success<ReturnType<typeof make>>
