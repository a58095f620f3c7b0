/**
 * What of a command's output is told while it runs: line by line as it comes, until it is more than a person reads. From then
 * on some lines every few seconds, and the last ones in the end, each time with a word on how many were left out. Pure: the
 * time comes in.
 */
import { shortLine } from "./OutputWindow.ts"

/** Lines that may be told at once. */
const burst = 200
/** Lines a second in the long run. */
const rate = 5
/** After a break so many are told together, and so many in the end. */
const group = 20
/** Of a line that has no end yet, what is kept: more than is shown of it. */
const longestLine = 2000

export interface LiveOutput {
  /** The beginning of the line that is being written. */
  readonly unfinished: string
  /** Empty lines that nothing followed yet. */
  readonly blank: number
  /** How many lines may still be told, and when that was reckoned, in milliseconds. */
  readonly credit: number
  readonly at: number
  /** How many were not told since the last that was; the newest of them. */
  readonly leftOut: number
  readonly held: ReadonlyArray<string>
}

export const start = (now: number): LiveOutput => ({
  unfinished: "",
  blank: 0,
  credit: burst,
  at: now,
  leftOut: 0,
  held: []
})

const gap = (count: number): ReadonlyArray<string> => count === 0 ? [] : [`[… ${count} lines left out …]`]

/** One line: told, or held back. After a break the line waits until a group of lines may be told. */
const tell = (output: LiveOutput, line: string): readonly [LiveOutput, ReadonlyArray<string>] =>
  output.credit >= (output.leftOut === 0 ? 1 : group)
    ? [{ ...output, credit: output.credit - 1, leftOut: 0, held: [] }, [...gap(output.leftOut), line]]
    : [{ ...output, leftOut: output.leftOut + 1, held: [...output.held.slice(1 - group), line] }, []]

const refill = (output: LiveOutput, now: number): LiveOutput => ({
  ...output,
  credit: Math.min(burst, output.credit + Math.max(0, now - output.at) / 1000 * rate),
  at: now
})

const complete = (output: LiveOutput, line: string): readonly [LiveOutput, ReadonlyArray<string>] => {
  const text = shortLine(line.replace(/\r$/, ""))
  if (text.trim() === "") return [{ ...output, blank: output.blank + 1 }, []]
  // a run of empty lines is told as one
  const [before, blank] = output.blank === 0 ? [output, []] : tell(output, "")
  const [after, told] = tell({ ...before, blank: 0 }, text)
  return [after, [...blank, ...told]]
}

/** The lines to tell when more of the output has come. */
export const push = (
  before: LiveOutput,
  text: string,
  now: number
): readonly [LiveOutput, ReadonlyArray<string>] => {
  const [first = "", ...rest] = text.split("\n")
  const lines = [before.unfinished + first, ...rest]
  const unfinished = (lines.pop() ?? "").slice(0, longestLine)
  const told: Array<string> = []
  let output: LiveOutput = { ...refill(before, now), unfinished }
  for (const line of lines) {
    const [next, new_] = complete(output, line)
    output = next
    told.push(...new_)
  }
  return [output, told]
}

/** The lines to tell when the command has ended. */
export const finish = (before: LiveOutput): ReadonlyArray<string> => {
  const [output, told] = before.unfinished === "" ? [before, []] : complete(before, before.unfinished)
  return [...told, ...gap(output.leftOut - output.held.length), ...output.held]
}
