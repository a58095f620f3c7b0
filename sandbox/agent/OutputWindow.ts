/** What is kept of an output of any length: its beginning and its end. */

/** Text that is growing. Memory stays within twice the limit. */
export interface OutputWindow {
  /** Characters kept of the beginning, and as many of the end. */
  readonly limit: number
  readonly head: string
  readonly tail: string
  readonly leftOut: number
}

/** For the model: some 24 KB. */
export const modelWindow: OutputWindow = { limit: 12_000, head: "", tail: "", leftOut: 0 }

export const append = (window: OutputWindow, text: string): OutputWindow => {
  const fits = window.tail === "" ? window.limit - window.head.length : 0
  const tail = window.tail + text.slice(fits)
  const excess = Math.max(0, tail.length - window.limit)
  return {
    ...window,
    head: window.head + text.slice(0, fits),
    tail: tail.slice(excess),
    leftOut: window.leftOut + excess
  }
}

/** The kept text, with a line that says how much is missing. Never half of a surrogate pair: the APIs refuse it. */
export const render = ({ head, leftOut, tail }: OutputWindow): string =>
  leftOut === 0
    ? head + tail
    : `${head.replace(/[\uD800-\uDBFF]$/, "")}\n[… ${leftOut} characters left out …]\n${
      tail.replace(/^[\uDC00-\uDFFF]/, "")
    }`

/** A text within the limit of what goes to the model. */
export const forModel = (text: string): string => render(append(modelWindow, text))

const logLines = 40
const logColumns = 400

/** A line for the session's log. */
export const shortLine = (line: string): string =>
  line.length <= logColumns ? line : `${line.slice(0, logColumns).replace(/[\uD800-\uDBFF]$/, "")}…`

/** A text for the session's log: some forty lines, none of them endless. */
export const forLog = (text: string): string => {
  const lines = text.replace(/\n+$/, "").split("\n").map(shortLine)
  const half = logLines / 2
  const shown = lines.length <= logLines
    ? lines
    : [...lines.slice(0, half), `[… ${lines.length - logLines} lines left out …]`, ...lines.slice(-half)]
  return shown.join("\n")
}
