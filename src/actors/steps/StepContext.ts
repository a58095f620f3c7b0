/** The context of a step: the session's state, and the means to record results. */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { BudgetExhausted } from "../../domain/Budget.ts"
import type { DayBudgetSpent, DayBudgetUnknown } from "../../domain/DayAccount.ts"
import type { SessionEvent } from "../../domain/SessionEvent.ts"
import type { SessionState } from "../../domain/SessionState.ts"
import type { AgentUnavailable } from "../../services/agents/Agents.ts"
import type { ForgeError, RepositoryNotFound } from "../../services/forge/Forge.ts"
import type { SecretScanError } from "../../services/gate/SecretScanError.ts"
import type { GatewayError } from "../../services/gateway/Gateway.ts"
import type { RepositoryFailure } from "../../services/git/Repositories.ts"
import type { LanguageModelError, NoLanguageModel, UnreadableAnswer } from "../../services/model/LanguageModel.ts"
import type { PriceUnknown } from "../../services/model/ModelPrices.ts"
import type { SandboxFailure } from "../../services/sandbox/Sandbox.ts"
import type { Attachment, Claim, SessionLost } from "../../services/store/SessionStore.ts"
import type { StoreError } from "../../services/store/StoreError.ts"

/** A step's failure, which ends the turn with the error's sentence. */
export type StepFailure =
  | AgentUnavailable
  | BudgetExhausted
  | DayBudgetSpent
  | DayBudgetUnknown
  | ForgeError
  | GatewayError
  | LanguageModelError
  | NoLanguageModel
  | PriceUnknown
  | UnreadableAnswer
  | RepositoryFailure
  | SecretScanError
  | RepositoryNotFound
  | SandboxFailure

/** The session has moved on, usually by a stop: the events no longer fit its state. */
export class EventsRefused extends Schema.TaggedError<EventsRefused>()("EventsRefused", {
  sessionId: Schema.String,
  event: Schema.String
}) {
  override get message() {
    return `session ${this.sessionId} has moved on; ${this.event} does not belong to its state`
  }
}

/** Recording failed through no fault of the step: the log could not be written, or this actor no longer owns it. */
export type RecordFailure = EventsRefused | SessionLost | StoreError

export interface StepContext {
  readonly claim: Claim
  readonly state: SessionState
  /** Appends events to the session's log, all or none, and returns the state after them. No events: the state as it is. */
  readonly record: (
    events: ReadonlyArray<SessionEvent>,
    attachment?: Attachment
  ) => Effect.Effect<SessionState, RecordFailure>
}

/** Performs one step and records its result. */
export type Perform<S> = (context: StepContext, step: S) => Effect.Effect<void, StepFailure | RecordFailure>
