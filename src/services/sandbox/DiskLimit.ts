/**
 * When a run has taken too much disk, as a function of what was measured. Pure: `DiskWatch.ts` measures, and acts.
 *
 * A measurement of what a run takes can fail or be kept from seeing a part. Then the worst is assumed: that all the
 * space which the disk has lost since the last whole measurement went to this run.
 */
import * as Option from "effect/Option"
import * as LimitReached from "./LimitReached.ts"

export interface Limits {
  /** What one session may take, in bytes. */
  readonly diskBytes: number
  /** What must stay free, in bytes: this much, or a tenth of the disk where that is less. */
  readonly diskReserveBytes: number
}

/** A disk's free space. A file system that does not count its files says that it has room for none. */
export interface FreeSpace {
  readonly bytes: number
  readonly totalBytes: number
  readonly files: number
  readonly totalFiles: number
}

/** What a session's workspace and its run take. */
export interface DiskUse {
  readonly bytes: number
  readonly files: number
  /** Whether nothing was hidden from the measurement. */
  readonly isWhole: boolean
}

/** The least that a file counts. Empty ones take room, too, and in the end there is none for a further file. */
const bytesPerFile = 4096

/** Of what a session may take: a disk that has lost less of its free space hardly holds a run that took too much. */
const smallPart = 1 / 10

/** Below this part of the reserve it does not matter any more whose files they are. */
const urgentPart = 1 / 4

/** How long it may stay urgent: whoever else fills the disk for a moment ends no round. */
const urgentMillis = 30_000

/** So many measurements in a row may not see all while the worst is over the limit; the last one ends the run. */
const toleratedFailures = 3

const sizeOf = ({ bytes, files }: DiskUse): number => Math.max(bytes, files * bytesPerFile)

/** What has been measured of a run so far. */
export interface Progress {
  /** The last whole measurement, and what was free before it. At first: nothing taken. */
  readonly known: DiskUse
  readonly knownFree: FreeSpace
  /** The newest measurement's result: what was seen where that was all, else the worst. */
  readonly use: DiskUse
  /** Measurements in a row, since the last whole one, that failed or did not see all. */
  readonly failures: number
  readonly endedAt: number
  readonly tookMillis: number
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

/** Takes the next measurement in. */
export const measured = (before: Option.Option<Progress>, measurement: Measurement): Progress => {
  const { begunAt, endedAt, freeAfter, freeBefore, seen } = measurement
  const time = { endedAt, tookMillis: endedAt - begunAt }
  if (Option.exists(seen, (use) => use.isWhole)) {
    const use = Option.getOrThrow(seen)
    return { known: use, knownFree: freeBefore, use, failures: 0, ...time }
  }
  const { failures, known, knownFree } = Option.getOrElse(before, () => ({
    known: nothing,
    knownFree: freeBefore,
    failures: 0
  }))
  const atLeast = Option.getOrElse(seen, () => nothing)
  const use: DiskUse = {
    bytes: Math.max(atLeast.bytes, known.bytes + Math.max(0, knownFree.bytes - freeAfter.bytes)),
    files: Math.max(atLeast.files, known.files + Math.max(0, knownFree.files - freeAfter.files)),
    isWhole: false
  }
  return { known, knownFree, use, failures: failures + 1, ...time }
}

/** How often is measured. */
const usualSpacingMillis = 10_000
/** Measuring may cost a twentieth of the time; a third where much was written, or something may be hidden. */
const usualRest = 20
const shortRest = 2
/** Much is this part of what one session may take. */
const muchPart = 1 / 16

/** Whether a run is to be measured again. */
export const isDue = (limits: Limits, progress: Progress, free: FreeSpace, now: number): boolean => {
  const rested = now - progress.endedAt
  const lost = progress.knownFree.bytes - free.bytes
  const isPressing = lost >= limits.diskBytes * muchPart || progress.failures > 0
  return rested >= Math.max(usualSpacingMillis, progress.tookMillis * usualRest) ||
    (isPressing && rested >= progress.tookMillis * shortRest)
}

/** Whether a run has too much of its own. One measurement that did not see all may be the machine's doing. */
export const overOwn = (limits: Limits, progress: Progress): Option.Option<LimitReached.LimitReached> =>
  sizeOf(progress.use) <= limits.diskBytes
    ? Option.none()
    : progress.use.isWhole
    ? Option.some(LimitReached.diskTooFull(limits.diskBytes))
    : progress.failures >= toleratedFailures
    ? Option.some(LimitReached.diskUnknown)
    : Option.none()

/** Whether a run that has ended has left too much. What could not be seen of it is not held against it. */
export const overAtEnd = (limits: Limits, left: DiskUse): Option.Option<LimitReached.LimitReached> =>
  sizeOf(left) > limits.diskBytes ? Option.some(LimitReached.diskTooFull(limits.diskBytes)) : Option.none()

const reserveOf = ({ diskReserveBytes }: Limits, { totalBytes, totalFiles }: FreeSpace) => ({
  bytes: Math.min(diskReserveBytes, totalBytes / 10),
  // of files: a fiftieth of what the disk has room for
  files: diskReserveBytes === 0 ? 0 : totalFiles / 50
})

/** Whether the disk has so little left that it does not matter whose files they are. */
export const isUrgent = (limits: Limits, free: FreeSpace): boolean => {
  const reserve = reserveOf(limits, free)
  return free.bytes < reserve.bytes * urgentPart || free.files < reserve.files * urgentPart
}

/**
 * Whether a run must end because its disk has too little left: where all runs together hold what is lacking, the
 * largest of them; where they do not, and it stays urgent, each of them.
 */
export const overReserve = (
  limits: Limits,
  measured: {
    readonly free: FreeSpace
    readonly run: string
    /** What the runs that are watched take, this one among them. */
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

/**
 * Whether a disk has lost so little since a run began that what it left need not be measured. Whoever hides more by giving
 * as much back elsewhere at the same moment takes nothing from the disk; the session's next run is measured when it begins.
 */
export const isSmallLoss = ({ diskBytes }: Limits, before: FreeSpace, after: FreeSpace): boolean =>
  before.bytes - after.bytes < diskBytes * smallPart &&
  before.files - after.files < diskBytes * smallPart / bytesPerFile
