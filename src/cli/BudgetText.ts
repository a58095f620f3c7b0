/** What is said of a session's budget. Pure. */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import type { SessionId } from "../domain/Ids.ts"
import { moment } from "../domain/QuestionText.ts"
import { Session } from "../domain/Session.ts"
import { key, optionalKey } from "../domain/Wire.ts"
import { jsonDocument } from "./Json.ts"

/** How to let a turn go on that a budget has stopped. */
export const howToAdd = (id: SessionId): string => `the turn waits for a budget: opentl budget ${id} --add <dollars>`

/** "$1.5000 of $1.2 spent"; nothing without a budget. */
export const spent = ({ budgetUsd, usage }: Pick<Session, "budgetUsd" | "usage">): string | undefined =>
  budgetUsd === undefined ? undefined : `$${usage.costUsd.toFixed(4)} of $${Number(budgetUsd.toFixed(4))} spent`

/** What a session that waits for a budget waits for. */
export const pause = ({ phase, waitsUntil }: Session): string | undefined =>
  phase !== "budget"
    ? undefined
    : waitsUntil === undefined
    ? "the turn waits until somebody adds to it"
    : `all sessions together have spent the day's: the turn waits until ${
      moment(waitsUntil)
    }, or until somebody adds to it`

/** The answer to "what is spent", in lines. */
export const budgetPage = (session: Session): string =>
  [
    spent(session) ?? `no budget; $${session.usage.costUsd.toFixed(4)} spent`,
    ...(session.phase === "budget"
      ? [pause(session) ?? "", `opentl budget ${session.id} --add <dollars>`]
      : [])
  ].join("\n") + "\n"

const BudgetJson = Schema.Struct({
  id: Session.fields.id,
  status: Session.fields.status,
  phase: Session.fields.phase,
  spentUsd: key("spent_usd", Schema.Number),
  budgetUsd: optionalKey("budget_usd", Schema.Number),
  waitsUntil: optionalKey("waits_until", Schema.DateTimeUtc)
})

const encode = jsonDocument(BudgetJson)

export const budgetJson = ({ budgetUsd, id, phase, status, usage, waitsUntil }: Session): string =>
  encode({
    id,
    status,
    phase,
    spentUsd: usage.costUsd,
    ...(budgetUsd === undefined ? {} : { budgetUsd }),
    ...(waitsUntil === undefined ? {} : { waitsUntil: DateTime.toUtc(waitsUntil) })
  })
