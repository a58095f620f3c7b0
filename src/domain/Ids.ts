/** Identifiers. A session's id is part of branch and container names, so its alphabet is narrow. */
import * as Schema from "effect/Schema"

/** 12 lower-case hex digits (`4f0c1e9a2b7d`). A session imported from the original's database keeps its id. */
export const SessionId = Schema.String.pipe(
  Schema.pattern(/^[0-9A-Za-z][0-9A-Za-z-]{2,63}$/),
  Schema.brand("SessionId")
)
export type SessionId = typeof SessionId.Type

/** A full commit hash (SHA-1 or SHA-256). */
export const CommitId = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{40}([0-9a-f]{24})?$/), Schema.brand("CommitId"))
export type CommitId = typeof CommitId.Type

/** The number of a turn in its session or a round in its turn, from 1. */
export const Ordinal = Schema.Int.pipe(Schema.positive())

/** A branch name that `git check-ref-format --branch` accepts and that cannot be read as an option. */
export const BranchName = Schema.String.pipe(
  Schema.maxLength(244),
  Schema.filter((name) => isBranchName(name) || `"${name}" is not a branch name`),
  Schema.brand("BranchName")
)
export type BranchName = typeof BranchName.Type

/** Source of the rules: git-check-ref-format(1). */
const isBranchName = (name: string): boolean =>
  name.length > 0 && name !== "@" && name !== "HEAD" &&
  !/^[-/]|\/$|\/\/|\.\.|@\{|\.$/.test(name) &&
  !/[\x00-\x20\x7f~^:?*[\\]/.test(name) &&
  name.split("/").every((part) => !part.startsWith(".") && !part.endsWith(".lock"))

/** The one branch that a session works on: `opentl/<id>`. */
export const branchOf = (id: SessionId): BranchName => BranchName.make(`opentl/${id}`)
