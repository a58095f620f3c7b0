/**
 * Selects what to log of a command's output while it runs: every line at first, until it is more than a person reads;
 * then some lines every few seconds, and the last ones at the end, each time with the number of lines left out. Pure:
 * the time is a parameter.
 */
import { shortLine } from "./OutputWindow.ts"

/** How many lines may be logged at once. */
const burst = 200
/** How many lines may be logged per second in the long run. */
const rate = 5
/** How many lines are logged together after a gap, and at the end. */
const group = 20
/** How much of an unfinished line is kept, in characters: more than is displayed. */
const longestLine = 2000

export interface LiveOutput {
  /** The beginning of the unfinished line. */
  readonly unfinished: string
  /** The number of trailing empty lines. */
  readonly blank: number
  /** How many lines may still be logged, and when that was computed, in milliseconds. */
  readonly credit: number
  readonly at: number
  /** How many lines were left out since the last logged one; the latest of them. */
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

/** Logs or holds back one line. After a gap, lines wait until a group of them may be logged. */
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
  // consecutive empty lines are logged as one
  const [before, blank] = output.blank === 0 ? [output, []] : tell(output, "")
  const [after, told] = tell({ ...before, blank: 0 }, text)
  return [after, [...blank, ...told]]
}

/** The lines to log after more output. */
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

/** The lines to log when the command has ended. */
export const finish = (before: LiveOutput): ReadonlyArray<string> => {
  const [output, told] = before.unfinished === "" ? [before, []] : complete(before, before.unfinished)
  return [...told, ...gap(output.leftOut - output.held.length), ...output.held]
}
