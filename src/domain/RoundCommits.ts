/**
 * The commits of a turn whose rounds each have their own (`OPENTL_COMMITS=rounds`): on which commit the next round's is
 * put, and what that answers. A commit is built upon only if the gate has looked through the whole branch up to it and
 * found nothing, so each commit that is pushed has passed the gate. The work of any other round is in the next one's. Pure.
 */
import { type Gate, isClean } from "./Gate.ts"
import type { CommitId } from "./Ids.ts"
import type * as Event from "./SessionEvent.ts"
import type { Progress, Turn } from "./SessionState.ts"

export interface RoundCommits {
  /** The newest commit that is built upon; none: the turn's start. */
  readonly kept?: CommitId | undefined
  /** Why a later one is not. */
  readonly unkept?: "secrets" | "unscanned" | undefined
  /** What the work after the kept commit answers. */
  readonly answers?: Answers | undefined
}

export type Answers = Exclude<
  Extract<Progress, { readonly _tag: "Coding" }>["findings"],
  undefined | { readonly _tag: "Secrets" }
>

type Rounds = Pick<Turn, "rounds">

const hasRounds = ({ commits }: Pick<Event.SessionSpec, "commits">): boolean => commits === "rounds"

/** After the gate: what has secrets in it, or could not be looked through, is never a commit of its own. */
export const afterGate = (spec: Event.SessionSpec, { rounds }: Turn, commit: CommitId, gate: Gate): Rounds =>
  !hasRounds(spec)
    ? {}
    : !isClean(gate)
    ? { rounds: { ...rounds, unkept: "secrets" } }
    : (gate.unscanned ?? []).length > 0
    ? { rounds: { ...rounds, unkept: "unscanned" } }
    : { rounds: { kept: commit } }

/** After the changes of a session without a gate. */
export const ungated = (spec: Event.SessionSpec, commit: CommitId): Rounds =>
  hasRounds(spec) && spec.gate === "off" ? { rounds: { kept: commit } } : {}

/** Before another round: its commit answers what was found, if it is put on the one in which it was found. */
export const beforeRound = (spec: Event.SessionSpec, { rounds }: Turn, next: Progress): Rounds =>
  !hasRounds(spec) || next._tag !== "Coding" || next.findings === undefined || next.findings._tag === "Secrets" ||
    rounds?.kept === undefined || rounds.unkept !== undefined
    ? {}
    : { rounds: { ...rounds, answers: next.findings } }
