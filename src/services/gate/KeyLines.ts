/**
 * The lines of private keys in an output that comes line by line: from the line with `BEGIN` to that with `END`, or to the
 * first that cannot be of a key. Pure.
 */

/** Whether the lines are those of a key: it has begun, or lines of it have come. */
export type KeyState = "outside" | "begun" | "inside"

export const leftOut = "[left out: private-key]"

const opens = /-----BEGIN\s?(?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY/
const closes = /-----END\s?(?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?(?:-----)?/

/**
 * The one word of a line: without what a viewer puts before it (its number, a mark of a quotation or a diff), and what a
 * program puts around it.
 */
const oneWord = /^(?:\s*\d{1,6}(?=[\s:|│→]))?[^A-Za-z0-9+/=]*([A-Za-z0-9+/=]+)(?:\\[nrt]|[^A-Za-z0-9+/=]|\s\+)*$/

/** The least characters of a line of a key, but for its last. */
const leastLine = 16

const header = /^[^A-Za-z0-9]*[A-Z][A-Za-z-]{1,30}: \S/

const isOfKey = (line: string, state: KeyState): boolean => {
  const word = oneWord.exec(line)?.[1]
  return word === undefined ? header.test(line) : state === "inside" || word.length >= leastLine
}

/** The state after a line, and what is left of it: `undefined` where it is no matter of a key. */
export const push = (state: KeyState, line: string): readonly [KeyState, string | undefined] => {
  if (state !== "outside") {
    const end = closes.exec(line)
    const opened = opens.exec(line)
    if (end !== null && (opened === null || opened.index > end.index)) {
      return ["outside", `${leftOut}${line.slice(end.index + end[0].length)}`]
    }
    if (line.trim() === "") return [state, undefined]
    if (isOfKey(line, state)) return ["inside", `${/^\s*/.exec(line)?.[0] ?? ""}${leftOut}`]
  }
  const begin = opens.exec(line)
  if (begin === null || closes.test(line.slice(begin.index))) return ["outside", undefined]
  return ["begun", `${line.slice(0, begin.index)}${leftOut}`]
}
