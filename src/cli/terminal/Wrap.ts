/** Wraps lines to the terminal's width; continuation lines keep the indentation. Pure. */
import wrapAnsi from "wrap-ansi"

/** Wrapping takes quadratic time; nobody reads a line this long on a terminal anyway. */
const longestLine = 4000

const tabStop = 8

/** Expands tabs to spaces, for a line that begins at a tab stop. */
const expandTabs = (line: string): string => {
  if (!line.includes("\t")) return line
  return line.split("\t").reduce((text, part) => `${text}${" ".repeat(tabStop - text.length % tabStop)}${part}`)
}

const cut = (line: string): string => {
  const left = line.length - longestLine
  return left <= 0
    ? line
    : `${line.slice(0, longestLine).replace(/[\ud800-\udbff]$/, "")}… (${left.toLocaleString("en-US")} more characters)`
}

/**
 * Wraps one line at words (a word longer than a line is broken). Continuation lines keep the first line's indentation,
 * plus `hanging` columns.
 */
export const wrapLine = (line: string, columns: number, hanging = 0): ReadonlyArray<string> => {
  const text = expandTabs(cut(line))
  const own = /^ */.exec(text)?.[0].length ?? 0
  // an indentation that leaves no room is dropped
  const indent = own + hanging < columns / 2 ? own : 0
  const further = indent === 0 && own > 0 ? 0 : hanging
  const rows = wrapAnsi(text.slice(own), Math.max(1, columns - indent - further), { hard: true, trim: true })
    .split("\n")
  return rows.map((row, i) => row === "" ? "" : " ".repeat(i === 0 ? indent : indent + further) + row)
}

/** Wraps each line of a text. */
export const wrapText = (text: string, columns: number): ReadonlyArray<string> =>
  text.split("\n").flatMap((line) => wrapLine(line, columns))
