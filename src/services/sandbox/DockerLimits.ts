/** How containers are held to the limits that the engine itself does not hold. */
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { AppConfig } from "../config/AppConfig.ts"
import * as DiskReport from "./DiskReport.ts"
import * as DiskWatch from "./DiskWatch.ts"
import * as DockerContainer from "./DockerContainer.ts"
import type { DockerEngine } from "./DockerEngine.ts"
import type { EngineFailure } from "./DockerErrors.ts"
import * as RunLimits from "./RunLimits.ts"
import * as Layout from "./SandboxLayout.ts"
import * as Tar from "./Tar.ts"

/** Of the report about a run's disk, in bytes: it lists as many open files as fit on a command line. */
const reportLimit = 16 * 1024 ** 2
const markLimit = 4096

const asMeasurement = (failure: EngineFailure): DiskWatch.MeasurementFailed | DiskWatch.RunEnded =>
  failure._tag === "EngineConflict" || failure._tag === "EngineNotFound"
    ? new DiskWatch.RunEnded()
    : new DiskWatch.MeasurementFailed({ reason: failure.message })

export const make = Effect.fnUntraced(function*(engine: Context.Tag.Service<DockerEngine>) {
  const { limits } = yield* AppConfig
  const fs = yield* FileSystem.FileSystem

  const free = (run: string) =>
    engine.exec(run, DockerContainer.freeProgram).pipe(
      Stream.mapError(asMeasurement),
      Stream.decodeText(),
      Stream.splitLines,
      Stream.mapEffect((line) =>
        Effect.mapError(DiskReport.freeSpace(line), () => new DiskWatch.MeasurementFailed({ reason: line }))
      )
    )

  const used = (run: string) =>
    Effect.all([
      Layout.readText(engine.exec(run, DockerContainer.usedProgram), reportLimit),
      engine.layerBytes(run)
    ]).pipe(
      Effect.mapError(asMeasurement),
      Effect.flatMap(([report, layerBytes]) =>
        DiskReport.diskUse(report, 1).pipe(
          Option.map((use) => ({ ...use, bytes: use.bytes + layerBytes })),
          Effect.mapError(() => new DiskWatch.MeasurementFailed({ reason: "the report broke off" }))
        )
      )
    )

  return yield* RunLimits.make<EngineFailure>(limits, {
    writeMark: (run, text) =>
      Tar.pack(DockerContainer.endedMark(text)).pipe(
        Effect.provideService(FileSystem.FileSystem, fs),
        Effect.flatMap((mark) => engine.putArchive(run, "/", mark))
      ),
    readMark: (run) =>
      Tar.firstEntry(
        engine.getArchive(run, DockerContainer.endedFile),
        ({ content }) => Layout.readText(content, markLimit)
      ).pipe(
        // a container that is being removed has none, nor has one without the file
        Effect.catchAll((error) => error._tag === "EngineUnreachable" ? Effect.fail(error) : Effect.succeedNone)
      ),
    kill: engine.killContainer,
    probe: (run) => ({ free: free(run), used: used(run) })
  })
})

export type DockerLimits = Effect.Effect.Success<ReturnType<typeof make>>
