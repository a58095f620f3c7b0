/** Lines as wide as the terminal: what does not fit goes on below its own beginning. Pure. */
import wrapAnsi from "wrap-ansi"

/** Wrapping costs the square of a line's length; nobody reads a line of this length on a terminal either. */
const longestLine = 4000

const tabStop = 8

/** Tabs as the spaces that they are, for a line that begins at a tab stop. */
const expandTabs = (line: string): string => {
  if (!line.includes("\t")) return line
  return line.split("\t").reduce((text, part) => `${text}${" ".repeat(tabStop - text.length % tabStop)}${part}`)
}

const cut = (line: string): string => {
  const left = line.length - longestLine
  return left <= 0
    ? line
    : `${line.slice(0, longestLine).replace(/[\ud800-\udbff]$/, "")}… (${left.toLocaleString("en-US")} characters more)`
}

/**
 * One line, wrapped at words (a word that is longer than a line is broken). The further lines keep the indentation of the
 * first, and `hanging` columns more.
 */
export const wrapLine = (line: string, columns: number, hanging = 0): ReadonlyArray<string> => {
  const text = expandTabs(cut(line))
  const own = /^ */.exec(text)?.[0].length ?? 0
  // an indentation that leaves no room is given up
  const indent = own + hanging < columns / 2 ? own : 0
  const further = indent === 0 && own > 0 ? 0 : hanging
  const rows = wrapAnsi(text.slice(own), Math.max(1, columns - indent - further), { hard: true, trim: true })
    .split("\n")
  return rows.map((row, i) => row === "" ? "" : " ".repeat(i === 0 ? indent : indent + further) + row)
}

/** Each line of a text, wrapped. */
export const wrapText = (text: string, columns: number): ReadonlyArray<string> =>
  text.split("\n").flatMap((line) => wrapLine(line, columns))
