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

/** Leaves out whole steps, oldest first: a model's reply together with its results. */
const dropSteps = (transcript: Transcript, target: number): Transcript => {
  const [task, ...steps] = transcript
  if (task === undefined || size(transcript) <= target) return transcript
  const cuts = steps.flatMap((turn, index) =>
    index > 0 && index <= steps.length - untouchedTurns && !isTools(turn) ? [index] : []
  )
  const withoutFirst = (count: number): Transcript => [task, Turn.User({ text: omission }), ...steps.slice(count)]
  const cut = cuts.find((count) => size(withoutFirst(count)) <= target) ?? cuts.at(-1)
  return cut === undefined || size(withoutFirst(cut)) >= size(transcript) ? transcript : withoutFirst(cut)
}

/**
 * Limits a conversation's size. The task and the last steps are kept; between them, long tool results are removed
 * first, then whole steps. A conversation below the limit is returned unchanged.
 */
export const elide = (transcript: Transcript, limits: ElisionLimits = defaultLimits): Transcript =>
  size(transcript) <= limits.limit ? transcript : dropSteps(elideResults(transcript, limits.target), limits.target)
