/** Performs the steps of a turn. `NextStep.ts` decides which comes next. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import { program } from "../../domain/Agent.ts"
import type { Step } from "../../domain/NextStep.ts"
import { ApprovalRequested, type TurnEnd, TurnEnded, TurnResumed, TurnStarted } from "../../domain/SessionEvent.ts"
import type { Turn } from "../../domain/SessionState.ts"
import { uncollectedRound } from "../../domain/UncollectedWork.ts"
import { Sandbox, stopTime } from "../../services/sandbox/Sandbox.ts"
import * as AgentStep from "./AgentStep.ts"
import { CollectedRuns } from "./CollectedRuns.ts"
import * as GateStep from "./GateStep.ts"
import * as OwnCalls from "./OwnCalls.ts"
import * as PlanStep from "./PlanStep.ts"
import * as PrepareStep from "./PrepareStep.ts"
import * as PublishSteps from "./PublishSteps.ts"
import { RestingSandboxes } from "./RestingSandboxes.ts"
import * as ReviewStep from "./ReviewStep.ts"
import * as RunDirectories from "./RunDirectories.ts"
import type { Perform, RecordFailure, StepContext, StepFailure } from "./StepContext.ts"
import * as UncollectedWork from "./UncollectedWork.ts"
import * as VerifyStep from "./VerifyStep.ts"
import { WarmSandboxes } from "./WarmSandboxes.ts"

type Named<Tag extends Step["_tag"]> = Extract<Step, { readonly _tag: Tag }>

const turnsEnded = Metric.counter("opentl_turns_ended_total", { description: "Turns by their end", incremental: true })

/** Counts a turn that has ended. */
export const countTurnEnded = (end: TurnEnd): Effect.Effect<void> =>
  Metric.increment(Metric.tagged(turnsEnded, "end", end))

/** An unresponsive engine must not keep a session from ending: what remains is swept later. */
const cleanUp = { times: 3, schedule: Schedule.exponential("200 millis") }

/** A sandbox that does not say within this that an agent has stopped is removed all the same. */
const stopLimit = Duration.sum(stopTime, "5 seconds")

/** An engine that takes longer than this to remove a run may never answer: the turn ends without it. */
const removalLimit = Duration.seconds(5)

/** A review that takes longer than this probably takes longer than it takes to prepare a sandbox. */
const longReview = Duration.seconds(1)

const whileBusy = { times: 3, schedule: Schedule.exponential("500 millis") }

export class Pipeline extends Context.Tag("opentl/actors/steps/Pipeline")<Pipeline, {
  /** Performs one step and records its result. Interrupting it undoes nothing outside. */
  readonly perform: (context: StepContext, step: Step) => Effect.Effect<void, StepFailure | RecordFailure>
  /** Removes the session's runs and writes the turn's ending event. The workspace stays for a follow-up. */
  readonly endTurn: (context: StepContext, end: Omit<Named<"EndTurn">, "_tag">) => Effect.Effect<void, RecordFailure>
}>() {
  static readonly layer = Layer.effect(
    Pipeline,
    Effect.gen(function*() {
      const prepare = yield* PrepareStep.make
      const plan = yield* PlanStep.make
      const agent = yield* AgentStep.make
      const collected = yield* CollectedRuns
      const gate = yield* GateStep.make
      const verify = yield* VerifyStep.make
      const review = yield* ReviewStep.make
      const publish = yield* PublishSteps.make
      const ownCalls = yield* OwnCalls.make
      const sandbox = yield* Sandbox
      const directories = yield* RunDirectories.make
      const resting = yield* RestingSandboxes
      const warm = yield* WarmSandboxes
      const work = yield* UncollectedWork.make

      const startTurn: Perform<Named<"StartTurn">> = Effect.fn("Pipeline.startTurn")(
        function*({ record, state }, step) {
          const deadline = DateTime.addDuration(yield* DateTime.now, state.spec.timeoutMillis)
          yield* record([TurnStarted.make({ turn: step.turn, prompt: step.prompt, deadline })])
        }
      )

      const resumeTurn: Perform<Named<"ResumeTurn">> = Effect.fn("Pipeline.resumeTurn")(function*({ record }, step) {
        const deadline = DateTime.addDuration(yield* DateTime.now, step.remainingMillis)
        yield* record([TurnResumed.make({ turn: step.turn, deadline })])
      })

      /**
       * Checks that a sandbox is available for the turn before anything costs money or is shown to a person. A busy or
       * starting engine is tried again.
       */
      const checkSandbox = ({ state }: StepContext, { turn }: { readonly turn: Turn }) =>
        Effect.unless(
          Effect.retry(sandbox.check, { ...whileBusy, while: (error) => error.missingImage === undefined }),
          () => state.spec.planOnly && turn.number === 1
        )

      const prepareRun = ({ claim, state }: StepContext, at: { readonly turn: number; readonly round: number }) =>
        Effect.zipRight(collected.settled(claim.sessionId), directories(claim.sessionId, state)).pipe(
          Effect.flatMap((directories) =>
            sandbox.prepare({ sessionId: claim.sessionId, ...at }, {
              ...directories,
              expectedAgent: program(state.spec.agent)
            })
          ),
          Effect.ignoreLogged
        )

      /** A session that waits for a person before its agent works has no sandbox. */
      const beginsAtOnce = ({ state: { spec } }: StepContext) => !spec.approvePlan && !spec.planOnly

      /** Has a sandbox prepared for the turn's first run, while the repository is fetched and the plan is made. */
      const prepareSandbox = (context: StepContext, { turn }: { readonly turn: Turn }) =>
        Effect.zipRight(
          resting.work(context.claim.sessionId),
          Effect.when(prepareRun(context, { turn: turn.number, round: 1 }), () => beginsAtOnce(context))
        )

      /** While a review takes its time, a sandbox is prepared for the revision. */
      const prepareRevision = (context: StepContext, { run, turn }: Named<"ReviewChanges">) =>
        prepareRun(context, { turn: turn.number, round: run.round + 1 }).pipe(
          Effect.when(() => resting.isOn),
          Effect.delay(longReview),
          Effect.zipRight(Effect.never)
        )

      /** A turn that waits for a person has no sandbox, not even one whose preparation began while it came to that. */
      const giveUpIfWaiting = ({ claim, record }: StepContext) =>
        Effect.flatMap(
          record([]),
          ({ phase }) =>
            phase._tag === "Waiting" ? Effect.ignoreLogged(sandbox.removeRuns(claim.sessionId)) : Effect.void
        )

      /** Has a sandbox prepared for the next turn, if people can be expected to want one. */
      const rest = (context: StepContext, { end, turn }: Omit<Named<"EndTurn">, "_tag">) =>
        Effect.when(
          resting.rest(context.claim.sessionId, prepareRun(context, { turn: turn + 1, round: 1 })),
          () => end === "complete" && beginsAtOnce(context)
        )

      const askApproval: Perform<Named<"AskApproval">> = Effect.fn("Pipeline.askApproval")(
        function*({ record }, { turn }) {
          const remaining = DateTime.toEpochMillis(turn.deadline) - (yield* Clock.currentTimeMillis)
          yield* record([ApprovalRequested.make({ turn: turn.number, remainingMillis: Math.max(0, remaining) })])
        }
      )

      /** An agent that is at work is asked to stop, so that its conversation can go on later. A command is just ended. */
      const stopAgent = ({ claim, state }: StepContext, turn: number) => {
        const hasFinished = state.phase._tag === "Active" && state.phase.progress._tag !== "Coding"
        const round = uncollectedRound(state)
        return round === undefined || hasFinished || state.spec.agent._tag === "Command"
          ? Effect.void
          : sandbox.stop({ sessionId: claim.sessionId, turn, round }).pipe(
            Effect.timeout(stopLimit),
            Effect.ignoreLogged
          )
      }

      const endTurn = Effect.fn("Pipeline.endTurn")(
        function*(context: StepContext, ending: Omit<Named<"EndTurn">, "_tag">) {
          const { claim, record } = context
          const { end, text, turn } = ending
          yield* Effect.timeoutOption(collected.settled(claim.sessionId), removalLimit)
          if (end !== "complete") yield* stopAgent(context, turn)
          // after a crash the record of a call may be there whose cost is in the log
          yield* ownCalls.countLeft(context, turn)
          if (end !== "complete") yield* work.collect(context, turn)
          yield* sandbox.removeRuns(claim.sessionId).pipe(
            Effect.retry(cleanUp),
            // swept later: an unavailable engine must not delay the reply
            Effect.catchAll((error) => Effect.logWarning(`a sandbox may still be running: ${error.message}`))
          )
          yield* record([TurnEnded.make({ turn, end, text })])
          yield* countTurnEnded(end)
          yield* rest(context, ending)
          yield* warm.refillNow
        }
      )

      return Pipeline.of({
        endTurn,
        perform: (context, step) => {
          switch (step._tag) {
            case "Rest":
              return Effect.void
            case "StartTurn":
              return startTurn(context, step)
            case "ResumeTurn":
              return resumeTurn(context, step)
            case "PrepareRepository":
              return prepareSandbox(context, step).pipe(
                Effect.zipRight(checkSandbox(context, step)),
                Effect.zipRight(prepare(context, step))
              )
            case "MakePlan":
              return Effect.zipRight(checkSandbox(context, step), plan(context, step))
            case "AskApproval":
              return Effect.zipRight(checkSandbox(context, step), askApproval(context, step))
            case "RunAgent":
              return Effect.zipRight(collected.settled(context.claim.sessionId), agent(context, step))
            case "CollectChanges":
              return publish.collect(context, step)
            case "ScanChanges":
              return gate(context, step)
            case "VerifyChanges":
              return verify(context, step)
            case "ReviewChanges":
              return Effect.zipRight(
                Effect.raceFirst(review(context, step), prepareRevision(context, step)),
                Effect.when(giveUpIfWaiting(context), () => resting.isOn)
              )
            case "PushBranch":
              return publish.push(context, step)
            case "Propose":
              return publish.propose(context, step)
            case "EndTurn":
              return endTurn(context, step)
          }
        }
      })
    })
  )
}
