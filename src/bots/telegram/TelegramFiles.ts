/** The format of files in a Telegram chat. */
import type { FileFormat } from "../shared/SessionFiles.ts"

export const format: FileFormat = {
  // even at four bytes each this is below Telegram's 50 MB
  longestLog: 8_000_000,
  cutNote: (session) => `[the beginning is left out: opentl logs ${session}]\n`,
  emptyLog: "",
  nameOf: (kind, session) => `${session}.${kind}`
}
