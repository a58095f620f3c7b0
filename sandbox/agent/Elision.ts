import * as Arr from "effect/Array"
import { size, type ToolResult, type Transcript, Turn } from "./Transcript.ts"

/** In characters. A conversation above `limit` is shortened to `target` if possible. */
export interface ElisionLimits {
  readonly limit: number
  readonly target: number
}

/**
 * At most about 170,000 tokens. The target is well below the limit so that this is rare: each time, the API's prompt
 * cache is lost.
 */
export const defaultLimits: ElisionLimits = { limit: 600_000, target: 300_000 }

/** How many of the last turns stay unchanged: the model is working on them. */
const untouchedTurns = 6
const shortResult = 400

/** Replaces steps that were left out. */
export const omission = "[Earlier steps were left out to save space. The state of the files is what counts.]"

const elideResult = (result: ToolResult): ToolResult =>
  result.text.length <= shortResult
    ? result
    : { ...result, text: `[${result.text.length} characters of output left out to save space]` }

const isTools = Turn.$is("Tools")

/** Replaces long tool results, the oldest first, until the target is met. */
const elideResults = (transcript: Transcript, target: number): Transcript => {
  const last = transcript.length - untouchedTurns
  const [, elided] = Arr.mapAccum(transcript, size(transcript), (left, turn, index) => {
    if (left <= target || index >= last || !isTools(turn)) return [left, turn]
    const shorter = Turn.Tools({ results: turn.results.map(elideResult) })
    return [left - size([turn]) + size([shorter]), shorter]
  })
  return elided
}

/** Where a conversation can be cut after its first turn: no reply is parted from its results. */
const cutsOf = (steps: Transcript): ReadonlyArray<number> =>
  steps.flatMap((turn, index) => index > 0 && index <= steps.length - untouchedTurns && !isTools(turn) ? [index] : [])

const isPrompt = (turn: Turn): boolean => turn._tag === "User" && turn.isPrompt === true

/** The prompt that is being worked on, if it is not among the turns that are kept. */
const lostPrompt = (dropped: Transcript, kept: Transcript): Transcript =>
  kept.some(isPrompt) ? [] : dropped.filter(isPrompt).slice(-1)

/** Puts one message in the place of the `count` turns after the first. */
const replaceSteps = ([task, ...steps]: Transcript, count: number, text: string): Transcript => {
  const kept = steps.slice(count)
  return task === undefined
    ? []
    : [task, Turn.User({ text }), ...lostPrompt(steps.slice(0, count), kept), ...kept]
}

/** Leaves out whole steps, oldest first: a model's reply together with its results. */
const dropSteps = (transcript: Transcript, target: number): Transcript => {
  if (size(transcript) <= target) return transcript
  const cuts = cutsOf(transcript.slice(1))
  const withoutFirst = (count: number) => replaceSteps(transcript, count, omission)
  const cut = cuts.find((count) => size(withoutFirst(count)) <= target) ?? cuts.at(-1)
  return cut === undefined || size(withoutFirst(cut)) >= size(transcript) ? transcript : withoutFirst(cut)
}

/**
 * Puts a summary in the place of all steps but the last ones. The first task is kept, and the prompt that is being worked on.
 * Undefined if that would not make it shorter.
 */
export const summarized = (transcript: Transcript, summary: string): Transcript | undefined => {
  const cut = cutsOf(transcript.slice(1)).at(-1)
  const shorter = cut === undefined ? transcript : replaceSteps(transcript, cut, summary)
  return size(shorter) < size(transcript) ? shorter : undefined
}

/**
 * Limits a conversation's size. The first task, the prompt that is being worked on and the last steps are kept; between them,
 * long tool results are removed first, then whole steps. A conversation below the limit is returned unchanged.
 */
export const elide = (transcript: Transcript, limits: ElisionLimits = defaultLimits): Transcript =>
  size(transcript) <= limits.limit ? transcript : dropSteps(elideResults(transcript, limits.target), limits.target)
