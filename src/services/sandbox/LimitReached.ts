/** Why a run was ended by its limits. Stored beside the run, so that a later server reports the same. */
import * as Schema from "effect/Schema"
import type { RunExit } from "./Sandbox.ts"

export const LimitReached = Schema.Struct({
  /** The exhausted resource. A run that used too much disk loses its workspace. */
  resource: Schema.Literal("output", "disk"),
  /** A sentence for people. */
  reason: Schema.String
})
export type LimitReached = typeof LimitReached.Type

export const fromJson = Schema.decodeOption(Schema.parseJson(LimitReached))
export const toJson = Schema.encodeSync(Schema.parseJson(LimitReached))

/** The reported exit of a run that was ended by its limits, whatever the exit code of its processes. */
export const overLimit = ({ reason }: LimitReached): RunExit => ({ code: 137, reason, overLimit: true })

const units = [[1024 ** 4, "TiB"], [1024 ** 3, "GiB"], [1024 ** 2, "MiB"], [1024, "KiB"]] as const

/** A number of bytes in readable form: `10 GiB`, `1.5 MiB`. */
export const showSize = (bytes: number): string => {
  const [unit, name] = units.find(([unit]) => bytes >= unit) ?? [1, "bytes"]
  return `${Number((bytes / unit).toFixed(1))} ${name}`
}

export const outputTooLong = (limit: number): LimitReached => ({
  resource: "output",
  reason: `the round printed more than OPENTL_OUTPUT_LIMIT allows (${showSize(limit)}) and was ended`
})

export const diskTooFull = (limit: number): LimitReached => ({
  resource: "disk",
  reason: `the round used more disk than OPENTL_DISK allows (${
    showSize(limit)
  }): it was ended, and its workspace removed`
})

export const tooLittleLeft = (reserve: number): LimitReached => ({
  resource: "disk",
  reason: `the sandboxes' disk has less free space than required (${showSize(reserve)}, OPENTL_DISK_RESERVE): ` +
    "the round was ended, and its workspace removed"
})

export const diskUnknown: LimitReached = {
  resource: "disk",
  reason: "the round's disk use could no longer be measured: it was ended, and its workspace removed"
}
