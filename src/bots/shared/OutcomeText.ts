/** What a command did, in words that every platform uses; markup and the session's name are the platform's. Pure. */
import type { Outcome } from "./ChatCommand.ts"

/** The outcome of a command that changed the session. */
export type Change = Extract<
  Outcome,
  { readonly _tag: "Approved" | "Rejected" | "Retried" | "BudgetAdded" | "Stopped" }
>

/** What was done, and what follows from it, if anything does; lower case after the first. */
export const changeOf = (change: Change): ReadonlyArray<string> => {
  switch (change._tag) {
    case "Approved":
      return ["Approved"]
    case "Rejected":
      return ["Rejected", "making a new plan"]
    case "Retried":
      return ["Retrying"]
    case "BudgetAdded":
      return [
        `Added $${change.addedUsd}`,
        change.found.session.phase === "budget" ? "that is not enough yet" : "going on"
      ]
    case "Stopped":
      return [change.isOver ? "Stopped" : "Stopping"]
  }
}

/** Clauses as full sentences: each with a capital letter and a full stop. */
export const inSentences = (...clauses: ReadonlyArray<string>): string =>
  clauses.map((clause) => `${clause.charAt(0).toUpperCase()}${clause.slice(1)}${/[.?!…]$/.test(clause) ? "" : "."}`)
    .join(" ")
