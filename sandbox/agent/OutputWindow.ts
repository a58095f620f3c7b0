/** Keeps the beginning and the end of an output of any length. */

/** A growing text. Its memory stays within twice the limit. */
export interface OutputWindow {
  /** How many characters are kept of the beginning, and also of the end. */
  readonly limit: number
  readonly head: string
  readonly tail: string
  readonly leftOut: number
}

/** The window for the model: about 24 KB. */
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

/**
 * The kept text, with a line that says how much is missing. Never ends in half a surrogate pair, which the APIs reject.
 */
export const render = ({ head, leftOut, tail }: OutputWindow): string =>
  leftOut === 0
    ? head + tail
    : `${head.replace(/[\uD800-\uDBFF]$/, "")}\n[… ${leftOut} characters left out …]\n${
      tail.replace(/^[\uDC00-\uDFFF]/, "")
    }`

/** A text cut to the limit for the model. */
export const forModel = (text: string): string => render(append(modelWindow, text))

const logLines = 40
const logColumns = 400

/** A line for the session's log. */
export const shortLine = (line: string): string =>
  line.length <= logColumns ? line : `${line.slice(0, logColumns).replace(/[\uD800-\uDBFF]$/, "")}…`

/** A text for the session's log: about forty lines of limited length. */
export const forLog = (text: string): string => {
  const lines = text.replace(/\n+$/, "").split("\n").map(shortLine)
  const half = logLines / 2
  const shown = lines.length <= logLines
    ? lines
    : [...lines.slice(0, half), `[… ${lines.length - logLines} lines left out …]`, ...lines.slice(-half)]
  return shown.join("\n")
}
