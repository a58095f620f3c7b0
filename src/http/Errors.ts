/** Errors on the wire: `{"error": "<sentence>", "code": "<Tag>", "detail"?: {…}}` with the matching status. */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { SessionUnavailable } from "../actors/sessions/Sessions.ts"
import { SessionNotFound } from "../domain/Session.ts"
import {
  ApproverIsRequester,
  NoBudget,
  NothingToApprove,
  NothingToRetry,
  PlanReplaced,
  SessionEnded,
  TurnOver
} from "../domain/SessionCommand.ts"
import { IdempotencyConflict, InvalidRequest } from "../domain/SessionRequest.ts"
import { NotVerified } from "../domain/Verification.ts"
import { optional } from "../domain/Wire.ts"
import { StoreError } from "../services/store/StoreError.ts"

/** The token is missing or unknown. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", {}) {
  override get message() {
    return "this needs a known API token in the header Authorization: Bearer <token>"
  }
}

/** A webhook delivery's signature does not match its body. */
export class InvalidSignature extends Schema.TaggedError<InvalidSignature>()("InvalidSignature", {}) {
  override get message() {
    return "the signature in X-Hub-Signature-256 is missing or wrong"
  }
}

export class PayloadTooLarge extends Schema.TaggedError<PayloadTooLarge>()("PayloadTooLarge", {}) {
  override get message() {
    return "the body is larger than 1 MiB"
  }
}

export class UnsupportedMediaType extends Schema.TaggedError<UnsupportedMediaType>()("UnsupportedMediaType", {}) {
  override get message() {
    return "the body must be JSON, sent with the header Content-Type: application/json"
  }
}

/** Nothing can be stored until somebody frees disk space. */
export class DiskFull extends Schema.TaggedError<DiskFull>()("DiskFull", {}) {
  override get message() {
    return "the disk of the data directory is full: free some space, then send the request again"
  }
}

/** The wire form of every error. */
export const ErrorBody = Schema.Struct({
  error: Schema.String.annotations({ description: "A sentence for people." }),
  code: Schema.String.annotations({ description: "The error's name, for programs." }),
  detail: optional(
    Schema.Record({ key: Schema.String, value: Schema.Unknown }).annotations({ description: "The error's own fields." })
  )
}).annotations({ identifier: "Error" })

/** Fields that the code already tells, or that must not leave the server. */
const untold = new Set(["_tag", "cause"])

const Fields = Schema.Record({ key: Schema.String, value: Schema.Unknown })
const isFields = Schema.is(Fields)

/** The error with its wire form and status. */
const wire = <A extends { readonly message: string }, I>(
  error: Schema.Schema<A, I> & { readonly _tag: string },
  status: number
): Schema.Schema<A, typeof ErrorBody.Encoded> =>
  Schema.transform(
    Schema.Struct({ ...ErrorBody.fields, code: Schema.Literal(error._tag) }),
    error,
    {
      strict: false,
      decode: ({ code, detail, error }) => ({ reason: error, cause: error, ...detail, _tag: code }),
      encode: (fields, { message }) => {
        // a reason that is the whole sentence is told by it
        const told = isFields(fields)
          ? Object.entries(fields).filter(([name, value]) => !untold.has(name) && value !== message)
          : []
        return {
          error: message,
          code: error._tag,
          ...(told.length === 0 ? {} : { detail: Object.fromEntries(told) })
        }
      }
    }
  ).annotations(HttpApiSchema.annotations({ status }))

/** The errors that the API reports. */
export const Wire = {
  InvalidRequest: wire(InvalidRequest, 400),
  Unauthorized: wire(Unauthorized, 401),
  InvalidSignature: wire(InvalidSignature, 401),
  ApproverIsRequester: wire(ApproverIsRequester, 403),
  SessionNotFound: wire(SessionNotFound, 404),
  NotVerified: wire(NotVerified, 404),
  SessionEnded: wire(SessionEnded, 409),
  TurnOver: wire(TurnOver, 409),
  NothingToApprove: wire(NothingToApprove, 409),
  PlanReplaced: wire(PlanReplaced, 409),
  NoBudget: wire(NoBudget, 409),
  NothingToRetry: wire(NothingToRetry, 409),
  IdempotencyConflict: wire(IdempotencyConflict, 409),
  PayloadTooLarge: wire(PayloadTooLarge, 413),
  UnsupportedMediaType: wire(UnsupportedMediaType, 415),
  StoreError: wire(StoreError, 503),
  DiskFull: wire(DiskFull, 503),
  SessionUnavailable: wire(SessionUnavailable, 503)
}
