/**
 * How many tests a command ran, by what its runners say in its output. What is printed is printed by code of the change:
 * this is evidence for people, and proves nothing. Pure.
 */
import * as Schema from "effect/Schema"
import { type Numbers, type RunnerLine, runnerLines } from "./TestRunners.ts"

export const TestCounts = Schema.Struct({
  passed: Schema.NonNegativeInt,
  failed: Schema.NonNegativeInt,
  /** Skipped, still to be written, or expected to fail. */
  skipped: Schema.NonNegativeInt,
  total: Schema.NonNegativeInt
})
export type TestCounts = typeof TestCounts.Type

/** A summary that is being read. */
interface Summary {
  readonly runner: string
  readonly numbers: Numbers
  readonly isEnough: boolean
}

/** What was read of an output so far. It does not grow with it. */
export interface Reading {
  /** The last line, without its end. */
  readonly rest: string
  /** The open summary of each program whose lines are told apart by a name before them. */
  readonly open: ReadonlyMap<string, Summary>
  /** The sum of the finished summaries. */
  readonly sum: TestCounts | undefined
}

export const nothing: Reading = { rest: "", open: new Map(), sum: undefined }

/** What is looked at of a line: summaries are short. */
const maxLine = 300

/** Programs side by side. */
const maxOpen = 200

const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g

/** As it was left on a terminal. */
const plain = (line: string): string => line.replace(escapes, "").replace(/\r+$/, "").replace(/^.*\r/, "").trimEnd()

/** What tools that run several packages put before each line: "packages/a test: ", "a:test: ", "[a] ". */
const label = /^(?:\[[^\]\s]{1,100}\]:? ?|[@\w./-]{1,100}(?:[: ][\w:.-]{1,60})?: )/

const counts = ({ isEnough, numbers }: Summary): TestCounts | undefined => {
  const { failed = 0, skipped = 0, total } = numbers
  const passed = numbers.passed ?? (total === undefined ? undefined : Math.max(0, total - failed - skipped))
  return isEnough && passed !== undefined ? { passed, failed, skipped, total: passed + failed + skipped } : undefined
}

const plus = (one: TestCounts | undefined, other: TestCounts | undefined): TestCounts | undefined =>
  one === undefined || other === undefined ? one ?? other : {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    total: one.total + other.total
  }

const plusNumbers = (one: Numbers, other: Numbers): Numbers => {
  const sum = (kind: keyof Numbers): Numbers =>
    one[kind] === undefined && other[kind] === undefined ? {} : { [kind]: (one[kind] ?? 0) + (other[kind] ?? 0) }
  return { ...sum("passed"), ...sum("failed"), ...sum("skipped"), ...sum("total") }
}

/** The reading after a line that may be of a summary; undefined if it is of none. */
const take = (
  reading: Reading,
  name: string,
  { isEnough, numbers, part, runner }: RunnerLine,
  found: RegExpExecArray
): Reading => {
  const open = reading.open.get(name)
  const isSame = open?.runner === runner
  const goesOn = isSame && part !== "begins"
  if (part === "goes on" && !isSame) return reading
  if (open === undefined && reading.open.size >= maxOpen) return reading
  const summary = goesOn
    ? { ...open, numbers: plusNumbers(open.numbers, numbers(found)), isEnough: open.isEnough || isEnough }
    : { runner, numbers: numbers(found), isEnough }
  return {
    ...reading,
    open: new Map([...reading.open, [name, summary]]),
    sum: goesOn || open === undefined ? reading.sum : plus(reading.sum, counts(open))
  }
}

const match = (text: string): readonly [RunnerLine, RegExpExecArray] | undefined => {
  for (const line of runnerLines) {
    const found = line.pattern.exec(text)
    if (found !== null) return [line, found]
  }
  return undefined
}

const readLine = (reading: Reading, raw: string): Reading => {
  if (raw.length > maxLine) return reading
  const line = plain(raw)
  const whole = match(line)
  if (whole !== undefined) return take(reading, "", ...whole)
  const name = label.exec(line)?.[0]
  if (name === undefined) return reading
  const labelled = match(line.slice(name.length))
  return labelled === undefined ? reading : take(reading, name, ...labelled)
}

/** The reading after more of the output. */
export const read = (reading: Reading, text: string): Reading => {
  const lines = (reading.rest + text).split("\n")
  const rest = lines.pop() ?? ""
  // of a line that is too long, enough is kept to know it for one
  return { ...lines.reduce(readLine, reading), rest: rest.slice(0, maxLine + 1) }
}

/** The counts of all summaries together; undefined if no runner has told any. */
export const countsOf = (reading: Reading): TestCounts | undefined => {
  const { open, sum } = readLine(reading, reading.rest)
  return [...open.values()].map(counts).reduce(plus, sum)
}

/** The counts of a whole output. */
export const ofText = (output: string): TestCounts | undefined => countsOf(read(nothing, output))

/** The tests that were run. */
export const ran = ({ failed, passed }: TestCounts): number => passed + failed

const change = (before: number | undefined, now: number): string =>
  before === undefined ? `${now}` : `${before} → ${now}`

/** "120 → 117, 0 → 3 skipped": the tests that were run, on the base and here, and those that were not. */
export const show = (now: TestCounts, before: TestCounts | undefined): string =>
  [
    change(before === undefined ? undefined : ran(before), ran(now)),
    ...(now.failed === 0 ? [] : [`${now.failed} failed`]),
    ...(now.skipped === 0 && (before?.skipped ?? 0) === 0
      ? []
      : [`${before?.skipped === now.skipped ? now.skipped : change(before?.skipped, now.skipped)} skipped`])
  ].join(", ")

/** How there are fewer tests than before, in words; undefined if there are not. */
export const fewer = (now: TestCounts | undefined, before: TestCounts): string | undefined => {
  if (now === undefined) return before.total === 0 ? undefined : `${before.total} tests on the base, and no count here`
  const told = [
    ...(ran(now) < ran(before) ? [`${change(ran(before), ran(now))} tests run`] : []),
    ...(now.skipped > before.skipped ? [`${change(before.skipped, now.skipped)} tests skipped`] : []),
    ...(now.total < before.total && ran(now) >= ran(before) ? [`${change(before.total, now.total)} tests in all`] : [])
  ]
  return told.length === 0 ? undefined : told.join(", ")
}
