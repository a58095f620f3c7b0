/**
 * Whether a log was read to its end. The entrypoint prints one certain line last, so a reader that has it misses nothing, and
 * need not read the log again to find that out. An agent that prints the line itself only deceives about what it prints then.
 */
import * as SandboxMarker from "../../../domain/SandboxMarker.ts"

/** What was read so far. */
export interface LogEnd {
  /** The number of bytes. */
  readonly count: number
  /** The last of them. */
  readonly tail: Uint8Array
}

export const nothing: LogEnd = { count: 0, tail: new Uint8Array(0) }

/** The last line has the branch's name, which is shorter. */
const tailBytes = 1024

/** Adds the bytes that were read next. */
export const push = ({ count, tail }: LogEnd, bytes: Uint8Array): LogEnd => ({
  count: count + bytes.length,
  tail: bytes.length >= tailBytes
    ? bytes.slice(-tailBytes)
    : Buffer.concat([tail, bytes]).subarray(-tailBytes)
})

/** Whether the last line is the one that the entrypoint ends with. */
export const isWhole = ({ tail }: LogEnd): boolean => {
  const [last, line] = Buffer.from(tail).toString("utf8").split("\n").reverse()
  return last === "" && line !== undefined && SandboxMarker.parse(line)._tag === "Done"
}
