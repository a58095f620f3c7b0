/**
 * Decides when a run has used too much disk, from measurements. Pure: `DiskWatch.ts` measures and acts.
 *
 * A measurement can fail or miss a part of what a run uses. Then the worst is assumed: that all the space that the disk
 * lost since the last complete measurement went to this run.
 */
import * as Option from "effect/Option"
import * as LimitReached from "./LimitReached.ts"

export interface Limits {
  /** The most disk for one session, in bytes. */
  readonly diskBytes: number
  /** How much must stay free, in bytes: this much, or a tenth of the disk if that is less. */
  readonly diskReserveBytes: number
}

/** A disk's free space. A file system that does not count files reports room for none. */
export interface FreeSpace {
  readonly bytes: number
  readonly totalBytes: number
  readonly files: number
  readonly totalFiles: number
}

/** The disk used by a session's workspace and its run. */
export interface DiskUse {
  readonly bytes: number
  readonly files: number
  /** Whether the measurement is complete. */
  readonly isWhole: boolean
}

/** The minimum size counted per file, in bytes. Empty files take space, too, and a disk can run out of inodes. */
const bytesPerFile = 4096

/** Below this fraction of the reserve it no longer matters whose files they are. */
const urgentPart = 1 / 4

/** How long it must stay urgent, in milliseconds: a short spike by another program ends no round. */
const urgentMillis = 30_000

/**
 * How many consecutive measurements may be incomplete while the worst case exceeds the limit; the last one ends the
 * run.
 */
const toleratedFailures = 3

const sizeOf = ({ bytes, files }: Pick<DiskUse, "bytes" | "files">): number => Math.max(bytes, files * bytesPerFile)

/** The measurements of a run so far. */
export interface Progress {
  /** The last complete measurement, and the free space before it. Before the first, nothing is used. */
  readonly known: DiskUse
  readonly knownFree: FreeSpace
  /** The result of the latest measurement if it was complete, else the worst case. */
  readonly use: DiskUse
  /** How many consecutive measurements were incomplete or failed. */
  readonly failures: number
  readonly endedAt: number
  /** How long to wait with the next measurement, in milliseconds: usually, and if it is pressing. */
  readonly restMillis: number
  readonly shortRestMillis: number
}

export interface Measurement {
  readonly seen: Option.Option<DiskUse>
  readonly freeBefore: FreeSpace
  readonly freeAfter: FreeSpace
  /** In milliseconds. */
  readonly begunAt: number
  readonly endedAt: number
}

const nothing: DiskUse = { bytes: 0, files: 0, isWhole: true }

/** The usual time between measurements, in milliseconds. */
const usualSpacingMillis = 10_000
/** The least, even where a measurement fails in no time. */
const leastSpacingMillis = 1_000
/** The first measurement waits until the agent has started, which takes the processor. Most short runs have ended then. */
const firstRestMillis = 2_000
/** Measuring may take a twentieth of the time, or a third if much was written or something may be hidden. */
const usualRest = 20
const shortRest = 2
/** Writing this fraction of a session's limit counts as much. */
const muchPart = 1 / 16

/** The progress of a run whose watch begins. */
export const begun = (free: FreeSpace, now: number): Progress => ({
  known: nothing,
  knownFree: free,
  use: nothing,
  failures: 0,
  endedAt: now,
  restMillis: firstRestMillis,
  shortRestMillis: 0
})

/** Updates the progress with the next measurement. */
export const measured = (before: Progress, measurement: Measurement): Progress => {
  const { begunAt, endedAt, freeAfter, freeBefore, seen } = measurement
  const tookMillis = endedAt - begunAt
  const time = {
    endedAt,
    restMillis: Math.max(usualSpacingMillis, tookMillis * usualRest),
    shortRestMillis: Math.max(leastSpacingMillis, tookMillis * shortRest)
  }
  if (Option.exists(seen, (use) => use.isWhole)) {
    const use = Option.getOrThrow(seen)
    return { known: use, knownFree: freeBefore, use, failures: 0, ...time }
  }
  const { failures, known, knownFree } = before
  const atLeast = Option.getOrElse(seen, () => nothing)
  const use: DiskUse = {
    bytes: Math.max(atLeast.bytes, known.bytes + Math.max(0, knownFree.bytes - freeAfter.bytes)),
    files: Math.max(atLeast.files, known.files + Math.max(0, knownFree.files - freeAfter.files)),
    isWhole: false
  }
  return { known, knownFree, use, failures: failures + 1, ...time }
}

/** Whether it is time to measure a run, for the first time or again. */
export const isDue = (limits: Limits, progress: Progress, free: FreeSpace, now: number): boolean => {
  const rested = now - progress.endedAt
  const lost = sizeOf({
    bytes: progress.knownFree.bytes - free.bytes,
    files: progress.knownFree.files - free.files
  })
  const isPressing = lost >= limits.diskBytes * muchPart || progress.failures > 0
  return rested >= (isPressing ? progress.shortRestMillis : progress.restMillis)
}

/** Whether a run exceeds its own limit. A single incomplete measurement may be due to a busy machine. */
export const overOwn = (limits: Limits, progress: Progress): Option.Option<LimitReached.LimitReached> =>
  sizeOf(progress.use) <= limits.diskBytes
    ? Option.none()
    : progress.use.isWhole
    ? Option.some(LimitReached.diskTooFull(limits.diskBytes))
    : progress.failures >= toleratedFailures
    ? Option.some(LimitReached.diskUnknown)
    : Option.none()

/** Whether an ended run has left too much. What could not be measured is not counted. */
export const overAtEnd = (limits: Limits, left: DiskUse): Option.Option<LimitReached.LimitReached> =>
  sizeOf(left) > limits.diskBytes ? Option.some(LimitReached.diskTooFull(limits.diskBytes)) : Option.none()

const reserveOf = ({ diskReserveBytes }: Limits, { totalBytes, totalFiles }: FreeSpace) => ({
  bytes: Math.min(diskReserveBytes, totalBytes / 10),
  // files: a fiftieth of what the disk has room for
  files: diskReserveBytes === 0 ? 0 : totalFiles / 50
})

/** Whether so little disk is left that it no longer matters whose files they are. */
export const isUrgent = (limits: Limits, free: FreeSpace): boolean => {
  const reserve = reserveOf(limits, free)
  return free.bytes < reserve.bytes * urgentPart || free.files < reserve.files * urgentPart
}

/**
 * Whether a run must end because the disk has too little free space: if all runs together use what is missing, the
 * largest of them; if not, and it stays urgent, each of them.
 */
export const overReserve = (
  limits: Limits,
  measured: {
    readonly free: FreeSpace
    readonly run: string
    /** The disk use of all watched runs, including this one. */
    readonly uses: ReadonlyMap<string, DiskUse>
    readonly urgentForMillis: number
  }
): Option.Option<LimitReached.LimitReached> => {
  const reserve = reserveOf(limits, measured.free)
  const ends = (lacking: number, of: (use: DiskUse) => number) => {
    if (lacking <= 0) return false
    const sizes = [...measured.uses.values()].map(of)
    const own = Option.match(Option.fromNullable(measured.uses.get(measured.run)), { onNone: () => 0, onSome: of })
    const together = sizes.reduce((sum, size) => sum + size, 0)
    return together >= lacking ? own >= Math.max(...sizes) : measured.urgentForMillis >= urgentMillis
  }
  return ends(reserve.bytes - measured.free.bytes, (use) => use.bytes) ||
      ends(reserve.files - measured.free.files, (use) => use.files)
    ? Option.some(LimitReached.tooLittleLeft(reserve.bytes))
    : Option.none()
}
