/** Removes control sequences from foreign text (agents, repositories, issues) before it is shown on a terminal. Pure. */
import * as Invisible from "../../domain/Invisible.ts"

/**
 * Escape sequences and control characters: group 1 is a colour or weight (SGR), group 2 a sequence to drop. An
 * unterminated string sequence loses only its introducer, so that it cannot hide the text after it.
 */
const dangerous = new RegExp(
  [
    "((?:\\x1b\\[|\\x9b)[0-9;:]*m)",
    "((?:\\x1b\\[|\\x9b)[\\x30-\\x3f]*[\\x20-\\x2f]*[\\x40-\\x7e]" +
    "|(?:\\x1b[\\]PX^_]|[\\x90\\x98\\x9d-\\x9f])[^\\x07\\x1b\\x9c]*(?:\\x07|\\x1b\\\\|\\x9c)" +
    "|\\x1b[\\x20-\\x2f]*[\\x30-\\x7e])",
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]"
  ].join("|"),
  "g"
)

/** Resets colours and weights. */
const reset = "\x1b[0m"

/**
 * Removes everything that a terminal would act on: cursor moves, titles, links, queries, bells. Line feeds and tabs
 * stay; a carriage return becomes a space; what would put the text in another order is shown as an escape. Colours stay if `colour` is true, and end with their line.
 */
export const neutralise = (text: string, colour: boolean): string =>
  text.split("\n").map((line) => neutraliseLine(line, colour)).join("\n")

const neutraliseLine = (line: string, colour: boolean): string => {
  const clean = Invisible.revealOrder(line).replace(dangerous, (match, sgr: string | undefined) => {
    if (sgr !== undefined) return colour ? `\x1b[${sgr.replace(/^(?:\x1b\[|\x9b)/, "")}` : ""
    return match === "\r" ? " " : ""
  })
  return colour && clean.includes("\x1b") ? clean + reset : clean
}

/** A text as one line without control characters. */
export const oneLine = (text: string): string => neutralise(text, false).replace(/\s+/g, " ").trim()
