/**
 * Finds the parts of a typed text that are code or quotations. Pure, in linear time.
 *
 * Chats and markdown disagree about code blocks: in Slack a block ends at the next three backticks anywhere, in
 * markdown at a separate line. What either of them reads as quoted is quoted, so that quoted words of a stranger never
 * count as the person's.
 *
 * @example
 * ranges("> --repo a/b\nfix it") // [[0, 12]]
 */
import * as Arr from "effect/Array"

/** A range of UTF-16 code units; `to` is exclusive. */
export type Range = readonly [from: number, to: number]

interface Line {
  readonly from: number
  readonly text: string
}

/** A run of backticks and its line. */
interface Run {
  readonly from: number
  readonly length: number
  readonly line: number
}

const lineBreak = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g

const linesOf = (text: string): ReadonlyArray<Line> => {
  const breaks = [...text.matchAll(lineBreak)]
  const starts = [0, ...breaks.map((each) => each.index + each[0].length)]
  const ends = [...breaks.map((each) => each.index), text.length]
  return Arr.zipWith(starts, ends, (from, to) => ({ from, text: text.slice(from, to) }))
}

const endOf = ({ from, text }: Line): number => from + text.length

const runsOf = ({ from, text }: Line, line: number): ReadonlyArray<Run> =>
  [...text.matchAll(/`+/g)].map((match) => ({ from: from + match.index, length: match[0].length, line }))

/** White space and list markers, which may precede a quotation or a fence. */
const prefix = "^[ \\t]*(?:(?:[-*+•]|\\d{1,9}[.)])[ \\t]+)*"
const quotedLine = new RegExp(`${prefix}>`)
/** Backticks after the fence make it inline code. */
const openingLine = new RegExp(`${prefix}(?:(\`{3,})[^\`]*|(~{3,})[^]*)$`)
const closingLine = /^[ \t]*(`{3,}|~{3,})[ \t]*$/

/**
 * Makes a search for the first number that is large enough, from an index on. Linear in total if each search begins
 * after the last result.
 */
const seeker = (numbers: ReadonlyArray<number>) => {
  const largestFrom = Arr.scanRight(numbers, 0, (largest, number) => Math.max(largest, number))
  return (from: number, least: number): number | undefined => {
    if ((largestFrom[from] ?? 0) < least) return undefined
    let index = from
    while ((numbers[index] ?? least) < least) index++
    return index
  }
}

/** Inline code in a paragraph: it ends at the next run of as many backticks. */
const codeSpans = (paragraph: ReadonlyArray<Line>): ReadonlyArray<Range> => {
  const runs = paragraph.flatMap((line, index) => runsOf(line, index))
  const lastOfLength = new Map(runs.map(({ length }, index) => [length, index]))
  const spans: Array<Range> = []
  let opening: Run | undefined
  for (const [index, run] of runs.entries()) {
    if (opening === undefined) {
      if ((lastOfLength.get(run.length) ?? 0) > index) opening = run
    } else if (opening.length === run.length) {
      spans.push([opening.from, run.from + run.length])
      opening = undefined
    }
  }
  return spans
}

/** Quotations, fenced blocks and inline code by markdown's rules. */
const inMarkdown = (text: string, lines: ReadonlyArray<Line>, runs: ReadonlyArray<Run>): ReadonlyArray<Range> => {
  const closings = lines.map((line) => closingLine.exec(line.text)?.[1] ?? "")
  const seekBackticks = seeker(closings.map((marks) => marks.startsWith("`") ? marks.length : 0))
  const seekTildes = seeker(closings.map((marks) => marks.startsWith("~") ? marks.length : 0))
  const seekRun = seeker(runs.map(({ length }) => length))
  const found: Array<Range> = []
  let paragraph: Array<Line> = []
  const endParagraph = () => {
    found.push(...codeSpans(paragraph))
    paragraph = []
  }
  let nextRun = 0
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? { from: text.length, text: "" }
    const [, backticks, tildes] = openingLine.exec(line.text) ?? []
    if (quotedLine.test(line.text)) {
      endParagraph()
      found.push([line.from, endOf(line)])
    } else if (backticks !== undefined || tildes !== undefined) {
      endParagraph()
      const least = (backticks ?? tildes ?? "").length
      const closing = (backticks === undefined ? seekTildes : seekBackticks)(index + 1, least)
      while ((runs[nextRun]?.line ?? lines.length) <= index) nextRun++
      const run = backticks === undefined || closing !== undefined ? undefined : runs[seekRun(nextRun, least) ?? -1]
      const end = closing === undefined ? undefined : lines[closing]
      if (closing !== undefined && end !== undefined) {
        found.push([line.from, endOf(end)])
        index = closing
      } else if (run !== undefined) {
        // no separate line ends the block, so the next backticks do: what follows is a paragraph
        const to = run.from + run.length
        const last = lines[run.line]
        found.push([line.from, to])
        if (last !== undefined) paragraph = [{ from: to, text: text.slice(to, endOf(last)) }]
        index = run.line
      } else {
        found.push([line.from, text.length])
        index = lines.length
      }
    } else if (line.text.trim() === "") {
      endParagraph()
    } else {
      paragraph.push(line)
    }
  }
  endParagraph()
  return found
}

/** Code blocks by Slack's rule: from three backticks to the next three. */
const inSlack = (runs: ReadonlyArray<Run>): ReadonlyArray<Range> =>
  runs.filter(({ length }) => length >= 3).flatMap((run, index, fences): ReadonlyArray<Range> => {
    const closing = index % 2 === 0 ? fences[index + 1] : undefined
    return closing === undefined ? [] : [[run.from, closing.from + closing.length]]
  })

/** The ranges that are code or quotations; they may overlap. */
export const ranges = (text: string): ReadonlyArray<Range> => {
  const lines = linesOf(text)
  const runs = lines.flatMap(runsOf)
  return [...inMarkdown(text, lines, runs), ...inSlack(runs)]
}
