/** Random walks through a session's life: at each place one of the things that can happen there, chosen by a number. */
import * as DateTime from "effect/DateTime"
import * as Budget from "../../src/domain/Budget.ts"
import { BranchName, CommitId, SessionId } from "../../src/domain/Ids.ts"
import { nextStep, Step } from "../../src/domain/NextStep.ts"
import { mayAsk } from "../../src/domain/QuestionWait.ts"
import { decide, type PlanRef, SessionCommand } from "../../src/domain/SessionCommand.ts"
import * as Event from "../../src/domain/SessionEvent.ts"
import * as SessionFold from "../../src/domain/SessionFold.ts"
import * as State from "../../src/domain/SessionState.ts"
import * as Verification from "../../src/domain/Verification.ts"

export const id = SessionId.make("0123456789ab")
const commit = (digit: string) => CommitId.make(digit.repeat(40))
const deadline = DateTime.unsafeMake("2026-01-01T00:30:00Z")
export const by = { name: "ada", via: "http" } as const
const plan = { title: "Fix it", markdown: "1. fix it" }
const changes = { commit: commit("b"), files: 1, insertions: 2, deletions: 3 }
const usage = { inputTokens: 1, outputTokens: 1, costUsd: 1 }

export const created = (changed: Partial<typeof Event.SessionCreated.Type> = {}) =>
  Event.SessionCreated.make({
    repo: { _tag: "GitHub", owner: "acme", name: "app" },
    prompt: "Fix the bug",
    agent: { _tag: "Named", name: "opentl" },
    approvePlan: false,
    planOnly: false,
    timeoutMillis: 60_000,
    reviewRounds: 2,
    requestedBy: by,
    branch: BranchName.make("opentl/0123456789ab"),
    ...changed
  })

/** What a step can come out as. */
export const outcomes: (step: Step) => ReadonlyArray<ReadonlyArray<Event.SessionEvent>> = Step.$match({
  Rest: () => [],
  StartTurn: ({ prompt, turn }) => [[Event.TurnStarted.make({ turn, prompt, deadline })]],
  ResumeTurn: ({ turn }) => [[Event.TurnResumed.make({ turn, deadline })]],
  PrepareRepository: ({ turn }) => [
    [Event.RepositoryPrepared.make({ turn: turn.number, base: BranchName.make("main"), commit: commit("a") })],
    [
      Event.BranchChanged.make({
        turn: turn.number,
        branch: BranchName.make("opentl/0123456789ab"),
        change: "pushed",
        commit: commit("c"),
        commits: 1,
        authors: ["Ada"]
      }),
      Event.RepositoryPrepared.make({
        turn: turn.number,
        base: BranchName.make("main"),
        commit: commit("a"),
        start: commit("c")
      })
    ]
  ],
  MakePlan: ({ turn }) => [
    [
      Event.UsageRecorded.make({ turn: turn.number, source: "plan", model: "m", usage }),
      Event.PlanProduced.make({ turn: turn.number, plan })
    ],
    [Event.PlanSkipped.make({ turn: turn.number, reason: "no model" })]
  ],
  AskApproval: ({ turn }) => [[Event.ApprovalRequested.make({ turn: turn.number, remainingMillis: 1000 })]],
  RunAgent: ({ round, started, turn }) => {
    const at = { turn: turn.number, round }
    const starts = started ? [] : [Event.RoundStarted.make({ ...at, sandbox: "docker" })]
    return [
      starts,
      [...starts, Event.StatusReported.make({ ...at, line: 1, text: "working" })],
      [...starts, Event.EndpointRefused.make({ ...at, endpoint: "POST /anthropic/v1/files" })],
      [...starts, Event.AgentFinished.make({ ...at, exitCode: 0, answer: "done" })],
      [...starts, Event.AgentFinished.make({ ...at, exitCode: 1, answer: "broke" })]
    ]
  },
  CollectChanges: ({ run, turn }) => {
    const at = { turn: turn.number, round: run.round }
    return [[Event.ChangesCollected.make({ ...at, changes, stat: "" })], [Event.NothingChanged.make(at)]]
  },
  ScanChanges: ({ changes, run, turn }) => {
    const at = { turn: turn.number, round: run.round, commit: changes.commit }
    return [
      [Event.GateHeld.make({ ...at, gate: { secrets: [] } })],
      [Event.GateHeld.make({ ...at, gate: { secrets: [{ rule: "github", file: "a.ts", line: 1 }] } })]
    ]
  },
  VerifyChanges: ({ changes, run, turn }) => {
    const at = { turn: turn.number, round: run.round, commit: changes.commit }
    const check = { name: "test", run: "npm run test", seconds: 1, tail: "" }
    return [
      [Event.VerifyHeld.make({ ...at, verification: Verification.none(changes.commit) })],
      ...(["passed", "failed", "failed_before"] as const).map((outcome) => [
        Event.VerifyHeld.make({ ...at, verification: Verification.of(changes.commit, [{ ...check, outcome }]) })
      ])
    ]
  },
  ReviewChanges: ({ changes, run, turn }) => {
    const at = { turn: turn.number, round: run.round, commit: changes.commit }
    return [
      [Event.ReviewHeld.make({ ...at, review: { _tag: "Approved", summary: "good", findings: [] } })],
      [Event.ReviewHeld.make({ ...at, review: { _tag: "ChangesRequested", summary: "bad", findings: [] } })],
      [Event.ReviewHeld.make({ ...at, review: { _tag: "Unreadable", reason: "prose" } })],
      [Event.ReviewHeld.make({ ...at, review: { _tag: "Skipped", reason: "no model" } })]
    ]
  },
  PushBranch: ({ changes, turn }) =>
    [true, false].map((pullRequests) => [
      Event.BranchPushed.make({
        turn: turn.number,
        branch: BranchName.make("opentl/0123456789ab"),
        commit: changes.commit,
        pullRequests
      })
    ]),
  Propose: ({ turn }) => [
    [Event.PullRequestOpened.make({ turn: turn.number, pullRequest: { number: 1, url: "u", draft: false } })],
    [Event.PullRequestUpdated.make({ turn: turn.number, pullRequest: { number: 1, url: "u", draft: true } })]
  ],
  EndTurn: ({ end, text, turn }) => [[Event.TurnEnded.make({ turn, end, text })]]
})

/** The plan that waits now (or would), and an older one that a person may still see: of this turn, or of the one before. */
const plansSeen = (state: State.SessionState): ReadonlyArray<PlanRef> => {
  const turn = State.currentTurn(state)
  const waiting = State.planWaiting(state)
  const proposal = waiting === undefined ? 1 : State.proposalOf(waiting)
  const older = proposal > 1 ? { turn, proposal: proposal - 1 } : { turn: turn - 1, proposal }
  return older.turn > 0 ? [{ turn, proposal }, older] : [{ turn, proposal }]
}

/** What people may ask for: about what is there now, and by name about that and about something older. */
export const commands = (state: State.SessionState): ReadonlyArray<SessionCommand> => [
  SessionCommand.Message({ messageId: "m", text: "and more", by }),
  SessionCommand.Approve({ plan: "edited", answers: undefined, by }),
  SessionCommand.AddBudget({ addUsd: 0.5, by }),
  SessionCommand.Wake({ turn: State.currentTurn(state) }),
  ...[undefined, ...plansSeen(state)].flatMap((answers) => [
    SessionCommand.Approve({ plan: undefined, answers, by }),
    SessionCommand.Reject({ reason: "no", answers, by })
  ]),
  ...[undefined, ...new Set(plansSeen(state).map((plan) => plan.turn))].flatMap((turn) => [
    SessionCommand.Stop({ turn, by }),
    SessionCommand.Retry({ turn, by })
  ])
]

/** What a step comes to that asks a model and may spend nothing more. */
const budgetStops = (state: State.SessionState, step: Step): ReadonlyArray<ReadonlyArray<Event.SessionEvent>> => {
  if (step._tag !== "MakePlan" && step._tag !== "RunAgent" && step._tag !== "ReviewChanges") return []
  const at = { turn: step.turn.number, remainingMillis: 1000 }
  return [
    [Event.DayBudgetReached.make({ ...at, budgetUsd: 9, until: deadline })],
    ...(state.spec.budgetUsd !== undefined && Budget.isSpent(state)
      ? [[Event.BudgetReached.make({ ...at, budgetUsd: 2, firstUsd: 2 })]]
      : [])
  ]
}

/** What a planner asks that may. */
const questions = (state: State.SessionState, step: Step): ReadonlyArray<ReadonlyArray<Event.SessionEvent>> =>
  step._tag === "MakePlan" && mayAsk(state, step.turn)
    ? [[Event.QuestionsAsked.make({
      turn: step.turn.number,
      questions: ["Which file?", "Which case?"],
      assumptions: ["The first", "Every case"],
      until: deadline,
      remainingMillis: 1000
    })]]
    : []

/** Everything that can happen now: what the next step comes to, its failure, and what people may ask for. */
const possible = (state: State.SessionState): ReadonlyArray<ReadonlyArray<Event.SessionEvent>> => {
  const step = nextStep(state)
  const asked = commands(state).flatMap((command) => {
    const decision = decide(id, state, command)
    return decision._tag === "Accepted" && decision.events.length > 0 ? [decision.events] : []
  })
  const failure = state.phase._tag === "Active"
    ? [[Event.TurnEnded.make({ turn: State.currentTurn(state), end: "error", text: "failed" })]]
    : []
  // steps are likelier than people: else no walk gets far
  const steps = [...outcomes(step), ...budgetStops(state, step), ...questions(state, step)]
  return [...steps, ...steps, ...steps, ...steps, ...asked, ...failure].filter((events) => events.length > 0)
}

export interface Walk {
  readonly events: ReadonlyArray<Event.SessionEvent>
  readonly states: ReadonlyArray<State.SessionState>
}

/** What a session's steps come to, where nobody asks for anything and nothing fails: such walks get far. */
const undisturbed = (state: State.SessionState): ReadonlyArray<ReadonlyArray<Event.SessionEvent>> =>
  outcomes(nextStep(state)).filter((events) =>
    events.length > 0 && !events.some((event) => event._tag === "AgentFinished" && event.exitCode !== 0)
  )

/** The walk that the numbers choose, of a session that is left to itself. */
export const walkUndisturbed = (
  choices: ReadonlyArray<number>,
  changed: Partial<typeof Event.SessionCreated.Type> = {}
): Walk => follow(choices, changed, undisturbed)

/** The walk that the numbers choose. */
export const walk = (choices: ReadonlyArray<number>, changed: Partial<typeof Event.SessionCreated.Type> = {}): Walk =>
  follow(choices, changed, possible)

const follow = (
  choices: ReadonlyArray<number>,
  changed: Partial<typeof Event.SessionCreated.Type>,
  optionsOf: typeof possible
): Walk => {
  const first = created(changed)
  const events: Array<Event.SessionEvent> = [first]
  const states = [State.create(first)]
  for (const choice of choices) {
    const state = states[states.length - 1]
    if (state === undefined) break
    const options = optionsOf(state)
    const chosen = options[choice % Math.max(1, options.length)] ?? []
    for (const event of chosen) {
      const before = states[states.length - 1]
      if (before === undefined) break
      events.push(event)
      states.push(SessionFold.evolve(before, event))
    }
  }
  return { events, states }
}
