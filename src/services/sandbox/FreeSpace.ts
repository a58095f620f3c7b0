/**
 * The free space of a disk of this machine, asked of the kernel: a process that asks it would be started for each run,
 * just while the agent starts.
 */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { statfs } from "node:fs/promises"
import type { FreeSpace } from "./DiskLimit.ts"
import * as DiskReport from "./DiskReport.ts"
import { MeasurementFailed } from "./DiskWatch.ts"

const FileSystemInfo = Schema.Struct({
  type: Schema.Number,
  bsize: Schema.Number,
  frsize: Schema.optional(Schema.Number),
  blocks: Schema.Number,
  bavail: Schema.Number,
  files: Schema.Number,
  ffree: Schema.Number
})
export type FileSystemInfo = typeof FileSystemInfo.Type

/** What Linux calls the file systems of programs (FUSE) and of virtual machines' hosts (virtiofs). */
const programsFileSystem = 0x65735546

/**
 * The size of the blocks that are counted (`f_frsize`), which newer versions of Node tell. Without it, `f_bsize` is the
 * same: Linux puts that where a file system names no other. Those of programs do name another, on Docker Desktop one
 * that is 256 times smaller, so there it is not known.
 */
export const blockSize = ({ bsize, frsize, type }: FileSystemInfo): number | undefined =>
  frsize ?? (type === programsFileSystem ? undefined : bsize)

const failed = (error: { readonly message: string }) => new MeasurementFailed({ reason: error.message })

const infoOf = (directory: string) =>
  Effect.tryPromise({ try: () => statfs(directory), catch: (error) => failed({ message: String(error) }) }).pipe(
    Effect.flatMap((found) => Effect.mapError(Schema.decodeUnknown(FileSystemInfo)(found), failed))
  )

/** As the program `stat` tells it, which knows the size of the blocks everywhere. */
export const byProgram = (
  directory: string
): Effect.Effect<FreeSpace, MeasurementFailed, CommandExecutor.CommandExecutor> =>
  Command.string(Command.make("stat", "-f", "-c", DiskReport.freeSpaceFormat, directory)).pipe(
    Effect.mapError(failed),
    Effect.flatMap((text) =>
      Effect.mapError(DiskReport.freeSpace(text.trimEnd()), () => failed({ message: `stat said "${text}"` }))
    )
  )

/** The free space of the disk with this directory. */
export const of = (
  directory: string
): Effect.Effect<FreeSpace, MeasurementFailed, CommandExecutor.CommandExecutor> =>
  Effect.flatMap(infoOf(directory), (info) => {
    const block = blockSize(info)
    return block === undefined ? byProgram(directory) : Effect.succeed({
      bytes: info.bavail * block,
      totalBytes: info.blocks * block,
      files: info.ffree,
      totalFiles: info.files
    })
  })

export const everySecond = (
  directory: string
): Stream.Stream<FreeSpace, MeasurementFailed, CommandExecutor.CommandExecutor> =>
  Stream.repeatEffectWithSchedule(of(directory), Schedule.spaced("1 second"))
