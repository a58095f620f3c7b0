/** Files as they go into a thread of Slack. */
import type { FileFormat } from "../shared/SessionFiles.ts"

export const format: FileFormat = {
  longestLog: 5_000_000,
  cutNote: () => "…\n",
  // Slack takes no empty file
  emptyLog: "(empty)\n",
  nameOf: (kind, session, turn) => `opentl-${session}${turn === undefined ? "" : `-turn-${turn}`}.${kind}`
}
