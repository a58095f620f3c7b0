/** Texts as they are told. */
import { longestTitle } from "../../src/domain/AgentLine.ts"

/** A longer line is told in several, in characters. */
export const longestLine = 8_000

/** A title on one line. */
export const short = (text: string): string => {
  const line = text.replaceAll(/\s+/g, " ").trim()
  return line.length <= longestTitle ? line : `${line.slice(0, longestTitle - 1)}…`
}
