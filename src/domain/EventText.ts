/** An event as outsiders see it: its type, a sentence for people (`data`) and the same for programs (`detail`). */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Agent from "./Agent.ts"
import { AgentLineDetail } from "./AgentLine.ts"
import { branchChange } from "./BranchText.ts"
import * as CreatedDetail from "./CreatedDetail.ts"
import * as Gate from "./Gate.ts"
import { SessionId } from "./Ids.ts"
import { asked } from "./QuestionText.ts"
import { show as showRepository } from "./Repository.ts"
import * as Requester from "./Requester.ts"
import * as Review from "./Review.ts"
import { SessionEvent } from "./SessionEvent.ts"
import * as Usage from "./Usage.ts"
import * as Verification from "./Verification.ts"
import { key, optional } from "./Wire.ts"

const readAgentLine = Schema.decodeUnknownOption(AgentLineDetail)

export const EventType = Schema.Literal(
  "status",
  "output",
  "plan",
  "diff",
  "verify",
  "review",
  "message",
  "usage",
  "error",
  "done"
)
export type EventType = typeof EventType.Type

const joined = {
  secrets: "the gate found a secret in it, which is not to be in any commit",
  unscanned: "the gate could not look through all of it"
} as const

/** One event of a session's stream. Ids count 1, 2, 3, … within the session, without a hole. */
export class SessionEventView extends Schema.Class<SessionEventView>("SessionEvent")({
  id: Schema.Int,
  sessionId: key("session_id", SessionId),
  type: EventType,
  data: Schema.String,
  createdAt: key("created_at", Schema.DateTimeUtc),
  detail: optional(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
}) {
  #fact: Option.Option<SessionEvent> | undefined

  /**
   * What happened, typed. None for what this program cannot read: an event of the original's, which has no detail, or one
   * of a kind that a newer server has written. Such an event is still to be shown, by `type` and `data`.
   *
   * It is read when it is first asked for, and once: a stream that is only passed on costs nothing.
   *
   * @example
   * Option.map(event.fact, (fact) => fact._tag === "TurnEnded" ? fact.end : undefined)
   */
  get fact(): Option.Option<SessionEvent> {
    return this.#fact ??= this.detail === undefined ? Option.none() : readDetail(this.detail, this.data)
  }

  /** What a line is that an agent wrote through the Agent Client Protocol. It is not read as a whole fact: there are many. */
  get agentLine(): Option.Option<AgentLineDetail> {
    const acp = this.detail?.["acp"]
    return acp === undefined ? Option.none() : readAgentLine(acp)
  }
}

const changes = (event: { readonly files: number; readonly insertions: number; readonly deletions: number }) =>
  `${event.files} ${event.files === 1 ? "file" : "files"} changed, +${event.insertions} -${event.deletions}`

/** What kind of event this is, and how it reads. */
export const describe = (event: SessionEvent): { readonly type: EventType; readonly data: string } => {
  const status = (data: string) => ({ type: "status", data } as const)
  switch (event._tag) {
    case "SessionCreated":
      return status(
        `session created by ${Requester.show(event.requestedBy)} on ${showRepository(event.repo)}, agent ${
          Agent.show(event.agent)
        }, branch ${event.branch}${event.agentReason === undefined ? "" : `; ${event.agentReason}`}`
      )
    case "MessageReceived":
      return { type: "message", data: event.text }
    case "MessageDelivered":
      return { type: "message", data: event.text }
    case "TurnStarted":
      return status(`turn ${event.turn} started`)
    case "TurnResumed":
      return status(`turn ${event.turn} goes on`)
    case "RepositoryPrepared":
      return status(
        `repository ready: ${event.base} at ${event.commit.slice(0, 12)}${
          event.start === undefined ? "" : `, the turn starts from ${event.start.slice(0, 12)}`
        }`
      )
    case "ConfigurationRead":
      return status(
        [
          ...(event.keys.length === 0 ? [] : [`the repository's configuration counts: ${event.keys.join(", ")}`]),
          ...(event.agent === undefined ? [] : [`the agent is ${Agent.show(event.agent)}`]),
          ...(event.model === undefined ? [] : [`the agent's model is ${event.model}`]),
          ...(event.problem === undefined ? [] : [event.problem])
        ].join("\n")
      )
    case "BranchChanged":
      return status(branchChange(event))
    case "PlanProduced":
      return { type: "plan", data: `${event.plan.title}\n\n${event.plan.markdown}` }
    case "PlanSkipped":
      return status(`plan skipped: ${event.reason}`)
    case "ApprovalRequested":
      return status("the plan waits for approval")
    case "PlanApproved":
      return event.plan === undefined
        ? status(`plan approved by ${Requester.show(event.by)}`)
        : { type: "plan", data: `${event.plan.title}\n\n${event.plan.markdown}` }
    case "PlanRejected":
      return status(`plan rejected by ${Requester.show(event.by)}: ${event.reason}`)
    case "QuestionsAsked":
      return status(asked(event))
    case "QuestionsAnswered":
      return status("the planner has an answer")
    case "QuestionsUnanswered":
      return status("nobody has answered: the planner goes on with what it assumes")
    case "BudgetReached":
      return status(`the session's budget of $${event.budgetUsd} is spent: the turn waits until somebody adds to it`)
    case "DayBudgetReached":
      return status(
        `all sessions together have spent the day's budget of $${event.budgetUsd} (OPENTL_BUDGET_DAY_USD): the turn goes ` +
          `on when the next day begins (${DateTime.formatIso(event.until)}), or when somebody adds to the budget`
      )
    case "BudgetRaised":
      return status(
        `${Requester.show(event.by)} added $${event.addUsd}: the session's budget is $${event.budgetUsd} now`
      )
    case "DayBudgetRaised":
      return {
        type: "usage",
        data: `${Requester.show(event.by)} added $${event.addUsd} to the day's budget of all sessions`
      }
    case "DayBudgetFreed":
      return status("the day's budget has room again")
    case "RoundStarted":
      return status(`round ${event.round}: agent starts in the ${event.sandbox} sandbox`)
    case "OutputWritten":
      return { type: "output", data: event.text }
    case "StatusReported":
      return status(event.text)
    case "ErrorReported":
      return { type: "error", data: event.text }
    case "AgentFinished":
      return status(`round ${event.round}: ${event.reason ?? `agent finished with exit code ${event.exitCode}`}`)
    case "ChangesCollected":
      return {
        type: "diff",
        data: `${changes(event.changes)}\n${event.stat}`.trimEnd() +
          (event.joined === undefined ? "" : `\none commit with the round before: ${joined[event.joined]}`)
      }
    case "NothingChanged":
      return status("the agent changed nothing")
    case "GateHeld":
      return status(Gate.show(event.gate))
    case "VerifyHeld":
      return { type: "verify", data: Verification.show(event.verification) }
    case "ReviewHeld":
      return {
        type: "review",
        data: `${Review.show(event.review)}${event.parts === undefined ? "" : `\nreviewed in ${event.parts} parts`}`
      }
    case "BranchPushed":
      return status(`pushed ${event.branch} (${event.commit.slice(0, 12)})`)
    case "ProposalFlawed":
      return status(event.problem)
    case "PullRequestOpened":
      return status(
        `${
          event.pullRequest.draft ? "draft " : ""
        }pull request #${event.pullRequest.number} opened: ${event.pullRequest.url}`
      )
    case "PullRequestUpdated":
      return status(`pull request #${event.pullRequest.number} updated: ${event.pullRequest.url}`)
    case "StopRequested":
      return status(`stop requested by ${Requester.show(event.by)}`)
    case "RetryRequested":
      return status(`retry requested by ${Requester.show(event.by)}`)
    case "UsageRecorded":
      return {
        type: "usage",
        data: `${event.source} (${event.model}): ${Usage.show(event.usage)}${
          event.estimated === true ? " (estimated)" : ""
        }${event.warning === undefined ? "" : `; ${event.warning}`}`
      }
    case "EndpointRefused":
      return status(`the gateway refused ${event.endpoint}: an agent needs the model only`)
    case "TurnEnded":
      return { type: event.end === "complete" ? "done" : "error", data: event.text }
  }
}

const encode = Schema.encodeSync(SessionEvent)

/**
 * What is stored of an event beside its text. A line of output is its text, so it is not repeated here. Its encoded form
 * is itself, and there may be hundreds of thousands of lines, so it is not encoded.
 */
export const storedDetail = (event: SessionEvent): Readonly<Record<string, unknown>> => {
  if (event._tag === "SessionCreated") return CreatedDetail.encode(event)
  if (event._tag !== "OutputWritten") return encode(event)
  const { text: _, ...rest } = event
  return rest
}

/** How a shell line is shown, by the beginning of its spelling. */
const shownLines = ["command", "acp"] as const

const shownLineOf = (agent: unknown) =>
  typeof agent === "string" ? shownLines.find((kind) => agent.startsWith(`${kind}:`)) : undefined

/** What outsiders are shown of the stored detail: an operator's shell line stays inside. */
export const publicDetail = (detail: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const agent = shownLineOf(detail["agent"])
  return agent === undefined ? detail : { ...detail, agent }
}

const decode = Schema.decodeUnknownOption(SessionEvent)

/** The agents that are shown without their line, with one that stands for it. */
const hiddenLines: ReadonlyMap<unknown, string> = new Map(shownLines.map((kind) => [kind, `${kind}:…`]))

/**
 * The fact that a detail and its event's text tell: what `storedDetail` and `describe` made of it, and of an agent that is
 * a shell line, where `publicDetail` has left that out, as much as is shown.
 */
export const readDetail = (detail: Readonly<Record<string, unknown>>, data: string): Option.Option<SessionEvent> =>
  decode(
    detail["_tag"] === "OutputWritten"
      ? { ...detail, text: data }
      : hiddenLines.has(detail["agent"])
      ? { ...detail, agent: hiddenLines.get(detail["agent"]) }
      : detail
  )

/** "90 s", "30 min" */
export const describeDuration = (millis: number): string => {
  const seconds = Math.round(millis / 1000)
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
