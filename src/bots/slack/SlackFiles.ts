/** The format of files in a Slack thread. */
import type { FileFormat } from "../shared/SessionFiles.ts"

export const format: FileFormat = {
  longestLog: 5_000_000,
  cutNote: () => "…\n",
  // Slack rejects empty files
  emptyLog: "(empty)\n",
  nameOf: (kind, session, turn) => `opentl-${session}${turn === undefined ? "" : `-turn-${turn}`}.${kind}`
}
