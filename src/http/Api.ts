/** The HTTP API: one definition for the server, the client and the documentation. */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { BranchName, SessionId } from "../domain/Ids.ts"
import { Session, SessionStatus } from "../domain/Session.ts"
import {
  AddBudget,
  ApprovePlan,
  CreateSession,
  RejectPlan,
  RetryTurn,
  SendMessage,
  StopTurn
} from "../domain/SessionRequest.ts"
import { VerificationReport } from "../domain/Verification.ts"
import { key, optional } from "../domain/Wire.ts"
import * as ApiDocument from "./ApiDocument.ts"
import { AgentsGroup, SystemGroup } from "./ApiSystem.ts"
import { Authorization } from "./Authorization.ts"
import { wholeNumber } from "./Decoding.ts"
import { Wire } from "./Errors.ts"

/** Any text: an id that no session can have is a 404, not a 400. */
const SessionPath = Schema.Struct({ id: Schema.String })

export const CreatedSession = Schema.Struct({ id: SessionId, branch: BranchName, status: SessionStatus })

export const MessageAccepted = Schema.Struct({ messageId: key("message_id", Schema.String) })

export const ListQuery = Schema.Struct({
  status: optional(SessionStatus),
  repo: optional(Schema.String),
  limit: optional(wholeNumber(1, 200)),
  before: optional(SessionId),
  /** Only the session whose id has this prefix. */
  prefix: optional(Schema.String)
})

export const EventsQuery = Schema.Struct({
  after: optional(Schema.String),
  limit: optional(wholeNumber(1, 1000))
})

export * from "./ApiSystem.ts"

export class SessionsGroup extends HttpApiGroup.make("sessions")
  .add(
    HttpApiEndpoint.post("create", "/api/sessions")
      .setHeaders(Schema.Struct({ "idempotency-key": optional(Schema.String) }))
      .setPayload(CreateSession)
      .addSuccess(CreatedSession, { status: 201 })
      .addSuccess(CreatedSession.annotations({ identifier: "ReplayedSession" }), { status: 200 })
      .addError(Wire.IdempotencyConflict)
      .addError(Wire.SessionUnavailable)
      .annotateContext(
        ApiDocument.describe(
          "Create a session",
          "With an Idempotency-Key, repeating the request returns the same session."
        )
      )
  )
  .add(
    HttpApiEndpoint.get("list", "/api/sessions")
      .setUrlParams(ListQuery)
      .addSuccess(Schema.Array(Session))
      .annotateContext(
        ApiDocument.describe(
          "List sessions",
          "Newest first. The Link header has the next page's address if there is one."
        )
      )
  )
  .add(
    HttpApiEndpoint.get("get", "/api/sessions/:id")
      .setPath(SessionPath)
      .addSuccess(Session)
      .addError(Wire.SessionNotFound)
      .annotateContext(ApiDocument.describe("Get a session"))
  )
  .add(
    HttpApiEndpoint.post("stop", "/api/sessions/:id/stop")
      .setPath(SessionPath)
      .setPayload(StopTurn)
      .addSuccess(Session)
      .addError(Wire.SessionNotFound)
      .addError(Wire.SessionEnded)
      .addError(Wire.TurnOver)
      .addError(Wire.SessionUnavailable)
      .annotateContext(ApiDocument.describe(
        "Stop a session",
        "Returns when the session is cancelled and its sandbox is gone. A turn in the body stops that turn and no later one."
      ))
  )
  .add(
    HttpApiEndpoint.post("message", "/api/sessions/:id/messages")
      .setPath(SessionPath)
      .setHeaders(Schema.Struct({ "idempotency-key": optional(Schema.String) }))
      .setPayload(SendMessage)
      .addSuccess(MessageAccepted, { status: 202 })
      .addError(Wire.SessionNotFound)
      .addError(Wire.SessionUnavailable)
      .annotateContext(ApiDocument.describe("Send a follow-up", "It is queued while the session is busy."))
  )
  .add(
    HttpApiEndpoint.post("approve", "/api/sessions/:id/approve")
      .setPath(SessionPath)
      .setPayload(ApprovePlan)
      .addSuccess(Session)
      .addError(Wire.SessionNotFound)
      .addError(Wire.NothingToApprove)
      .addError(Wire.PlanReplaced)
      .addError(Wire.SessionUnavailable)
      .addError(Wire.ApproverIsRequester)
      .annotateContext(ApiDocument.describe("Approve the waiting plan", "A plan in the body replaces it."))
  )
  .add(
    HttpApiEndpoint.post("reject", "/api/sessions/:id/reject")
      .setPath(SessionPath)
      .setPayload(RejectPlan)
      .addSuccess(Session)
      .addError(Wire.SessionNotFound)
      .addError(Wire.NothingToApprove)
      .addError(Wire.PlanReplaced)
      .addError(Wire.SessionUnavailable)
      .annotateContext(
        ApiDocument.describe("Reject the waiting plan", "The session makes a new plan with the reason in mind.")
      )
  )
  .add(
    HttpApiEndpoint.post("retry", "/api/sessions/:id/retry")
      .setPath(SessionPath)
      .setPayload(RetryTurn)
      .addSuccess(Session)
      .addError(Wire.SessionNotFound)
      .addError(Wire.NothingToRetry)
      .addError(Wire.SessionUnavailable)
      .annotateContext(
        ApiDocument.describe("Retry the last turn", "Only if it failed or was stopped. Starts a new turn.")
      )
  )
  .add(
    HttpApiEndpoint.post("addBudget", "/api/sessions/:id/budget")
      .setPath(SessionPath)
      .setPayload(AddBudget)
      .addSuccess(Session)
      .addError(Wire.SessionNotFound)
      .addError(Wire.SessionEnded)
      .addError(Wire.NoBudget)
      .addError(Wire.SessionUnavailable)
      .annotateContext(ApiDocument.describe(
        "Add to the budget",
        "At any time before the session's end. A turn that waits for it goes on. If the day's budget of all sessions stopped it, that is raised."
      ))
  )
  .add(
    HttpApiEndpoint.get("diff", "/api/sessions/:id/diff")
      .setPath(SessionPath)
      .addSuccess(HttpApiSchema.Text({ contentType: "text/x-diff" }).annotations({ description: "The diff" }))
      .addError(Wire.SessionNotFound)
      .annotateContext(ApiDocument.describe("Get the session's unified diff"))
  )
  .add(
    HttpApiEndpoint.get("verification", "/api/sessions/:id/verify")
      .setPath(SessionPath)
      .addSuccess(VerificationReport)
      .addError(Wire.SessionNotFound)
      .addError(Wire.NotVerified)
      .annotateContext(
        ApiDocument.describe("Get the latest verification", "With the last 64 KiB of each command's output.")
      )
  )
  .add(
    HttpApiEndpoint.get("log", "/api/sessions/:id/log")
      .setPath(SessionPath)
      .addSuccess(HttpApiSchema.Text().annotations({ description: "The log" }))
      .addError(Wire.SessionNotFound)
      .annotateContext(ApiDocument.describe("Get the terminal log"))
  )
  .addError(Wire.InvalidRequest)
  .addError(Wire.PayloadTooLarge)
  .addError(Wire.UnsupportedMediaType)
  .addError(Wire.StoreError)
  .addError(Wire.DiskFull)
  .middleware(Authorization)
{}

export class EventsGroup extends HttpApiGroup.make("events")
  .add(
    HttpApiEndpoint.get("events", "/api/sessions/:id/events")
      .setPath(SessionPath)
      .setUrlParams(EventsQuery)
      .setHeaders(Schema.Struct({ accept: optional(Schema.String), "last-event-id": optional(Schema.String) }))
      .addSuccess(HttpApiSchema.Text({ contentType: "text/event-stream" }).annotations({ description: "The events" }))
      .addSuccess(HttpApiSchema.NoContent)
      .addError(Wire.SessionNotFound)
      .annotateContext(ApiDocument.describe(
        "Follow or page through the events",
        "Server-sent events: every later event once and in order, until the session has ended; 204 if it has and nothing " +
          "is newer. With Accept: application/json, one page of events."
      ))
      .annotate(OpenApi.Transform, ApiDocument.alsoAnswersEvents)
  )
  .addError(Wire.InvalidRequest)
  .addError(Wire.StoreError)
  .addError(Wire.DiskFull)
  .middleware(Authorization)
{}

export class WebhooksGroup extends HttpApiGroup.make("webhooks")
  .add(
    HttpApiEndpoint.post("github", "/api/webhooks/github")
      .addSuccess(Schema.Struct({ ignored: Schema.String }))
      .addError(Wire.InvalidSignature)
      .annotateContext(
        ApiDocument.describe(
          "Receive a GitHub delivery",
          "Signed with the webhook secret; without a secret this route does not exist."
        )
      )
  )
  .addError(Wire.InvalidRequest)
  .addError(Wire.PayloadTooLarge)
  .addError(Wire.UnsupportedMediaType)
{}

export class Api extends HttpApi.make("opentl")
  .add(SessionsGroup)
  .add(EventsGroup)
  .add(WebhooksGroup)
  .add(AgentsGroup)
  .add(SystemGroup)
  .addError(Wire.InvalidRequest)
  .addError(Wire.DiskFull)
  .annotateContext(ApiDocument.annotations)
{}
