/**
 * The answers for the parts of a diff whose review has not come to its end: a review that is cut, by the end of the
 * server or by a budget, asks for the others only. Written with what they cost (`Attachment.ReviewPart`), removed with the
 * end of the review or of the turn.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { CommitId, SessionId } from "../../domain/Ids.ts"
import { ReviewAnswer } from "../../domain/Review.ts"
import { StoreError } from "./StoreError.ts"

/** Which review of a session it is. */
export const ReviewAt = Schema.Struct({ turn: Schema.Int, round: Schema.Int, commit: CommitId })
export type ReviewAt = typeof ReviewAt.Type

export const ReviewPart = Schema.Struct({
  /** From 1. */
  part: Schema.Int,
  /** Of what was shown: the answer is for nothing else. */
  fingerprint: Schema.String,
  answer: ReviewAnswer
})
export type ReviewPart = typeof ReviewPart.Type

const StoredPart = Schema.Struct({ ...ReviewPart.fields, answer: Schema.parseJson(ReviewAnswer) })
const encode = Schema.encode(StoredPart)

/** Writes an answer, within a transaction of the store. */
export const write = (sql: SqlClient.SqlClient, id: SessionId, { commit, round, turn }: ReviewAt, part: ReviewPart) =>
  Effect.flatMap(
    encode(part),
    (stored) =>
      sql`INSERT INTO review_parts ${sql.insert({ session_id: id, turn, round, commit_id: commit, ...stored })}
      ON CONFLICT (session_id, turn, round, commit_id, part)
      DO UPDATE SET fingerprint = excluded.fingerprint, answer = excluded.answer`
  )

/** Removes a session's answers, within a transaction of the store. */
export const remove = (sql: SqlClient.SqlClient, id: SessionId) =>
  sql`DELETE FROM review_parts WHERE session_id = ${id}`

export class ReviewParts extends Context.Tag("opentl/services/store/ReviewParts")<ReviewParts, {
  /** The answers that are kept of this review. */
  readonly find: (id: SessionId, at: ReviewAt) => Effect.Effect<ReadonlyArray<ReviewPart>, StoreError>
}>() {
  static readonly layer = Layer.effect(
    ReviewParts,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const rows = SqlSchema.findAll({
        Request: Schema.Struct({ id: SessionId, at: ReviewAt }),
        Result: StoredPart,
        execute: ({ at: { commit, round, turn }, id }) =>
          sql`SELECT part, fingerprint, answer FROM review_parts
            WHERE session_id = ${id} AND turn = ${turn} AND round = ${round} AND commit_id = ${commit}`
      })
      return ReviewParts.of({
        find: Effect.fn("ReviewParts.find")((id, at) =>
          Effect.mapError(rows({ id, at }), (cause) => new StoreError({ operation: "read a review's parts", cause }))
        )
      })
    })
  )
}
