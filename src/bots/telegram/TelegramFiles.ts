/** Files as they go into a chat of Telegram. */
import type { FileFormat } from "../shared/SessionFiles.ts"

export const format: FileFormat = {
  // even at four bytes each that is below Telegram's 50 MB
  longestLog: 8_000_000,
  cutNote: (session) => `[the beginning is left out: opentl logs ${session}]\n`,
  emptyLog: "",
  nameOf: (kind, session) => `${session}.${kind}`
}
