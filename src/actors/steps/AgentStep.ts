/**
 * Runs the agent in the session's workspace and follows its output. The run is first looked up by name: after a crash
 * of the server it is followed from the last stored line, and started again only if it is gone.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { remainingUsd } from "../../domain/Budget.ts"
import type { Step } from "../../domain/NextStep.ts"
import { AgentFinished, EndpointRefused, type LogEvent, RoundStarted } from "../../domain/SessionEvent.ts"
import * as Usage from "../../domain/Usage.ts"
import { Agents, type AgentStart } from "../../services/agents/Agents.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import * as CommitMessage from "../../services/forge/CommitMessage.ts"
import * as OutputRedaction from "../../services/gate/OutputRedaction.ts"
import { Gateway } from "../../services/gateway/Gateway.ts"
import { type RunExit, type RunId, Sandbox } from "../../services/sandbox/Sandbox.ts"
import { LogWriter } from "../../services/store/LogWriter.ts"
import { SessionHistory } from "../../services/store/SessionHistory.ts"
import * as Batches from "../../services/support/Batches.ts"
import * as AgentInputs from "./AgentInputs.ts"
import * as AgentOutput from "./AgentOutput.ts"
import { recordCall, usageRecorded } from "./Budget.ts"
import * as BudgetPause from "./BudgetPause.ts"
import * as EarlyImport from "./EarlyImport.ts"
import * as EgressWish from "./EgressWish.ts"
import { giveMessages, lastDelivered } from "./MessagesToAgent.ts"
import * as RunDirectories from "./RunDirectories.ts"
import type { Perform, StepContext } from "./StepContext.ts"
import { WarmSandboxes } from "./WarmSandboxes.ts"

type RunAgent = Extract<Step, { readonly _tag: "RunAgent" }>

/** Lines are stored in batches of at most 1024 lines and 1 MiB: a transaction, which takes 4 ms of the event loop. */
const batches: Batches.Limits<LogEvent> = { costOf: ({ text }) => 1024 + text.length, most: 1024 * 1024 }

/** How many of the last lines explain a failed agent, or stand in for missing final words. */
const tailLines = 12
/** The most characters of those lines: a line may be 64 KiB long. */
const tailCharacters = 4_000

/** The end of a text, without splitting a character. */
const lastCharacters = (text: string): string => text.slice(-tailCharacters).replace(/^[\uDC00-\uDFFF]/, "")

export const make = Effect.gen(function*() {
  const agents = yield* Agents
  const budget = yield* BudgetPause.make
  const beginImport = yield* EarlyImport.make
  const { stallTimeout } = yield* AppConfig
  const gateway = yield* Gateway
  const history = yield* SessionHistory
  const inputs = yield* AgentInputs.make
  const redaction = yield* OutputRedaction.make
  const sandbox = yield* Sandbox
  const writer = yield* LogWriter
  const directories = yield* RunDirectories.make
  const egressWish = yield* EgressWish.make
  const warm = yield* WarmSandboxes

  const start = Effect.fnUntraced(
    function*(context: StepContext, step: RunAgent, run: RunId, agent: AgentStart) {
      const { claim, record, state } = context
      yield* agents.check(state.spec.agent)
      // a run of an earlier round that an unavailable engine kept alive must not work beside this one
      yield* sandbox.removeRuns(claim.sessionId, run)
      const { environment, files, ...given } = yield* inputs(context, step, agent)
      yield* record([RoundStarted.make({ turn: run.turn, round: run.round, sandbox: sandbox.kind })])
      yield* sandbox.start({
        run,
        ...(yield* directories(claim.sessionId, state)),
        ...given,
        inputs: files,
        environment: {
          ...agent.environment,
          ...environment,
          ...lastDelivered(context),
          OPENTL_SESSION: claim.sessionId,
          OPENTL_TURN: String(run.turn),
          OPENTL_ROUND: String(run.round),
          OPENTL_BRANCH: state.branch,
          ...(state.pushedTurn === undefined ? {} : { OPENTL_PUSHED_TURN: String(state.pushedTurn) }),
          OPENTL_AUTHOR_NAME: CommitMessage.author.name,
          OPENTL_AUTHOR_EMAIL: CommitMessage.author.email
        }
      })
      // now: what the engine does for the next session takes time from this one until its agent works
      yield* warm.refill
    },
    Effect.scoped
  )

  /** Stores the run's events as they come, continuing after the last stored line. */
  const store = Effect.fnUntraced(function*<E>({ claim }: StepContext, run: RunId, events: Stream.Stream<LogEvent, E>) {
    const stored = yield* history.logCursor(claim.sessionId, run.turn, run.round)
    yield* Batches.consume(Stream.drop(events, stored), batches, (batch) => writer.write(claim, batch))
  })

  /** Follows the run to its end. A run that falls silent is ended: returns the sentence for that. */
  const follow = Effect.fnUntraced(function*(context: StepContext, run: RunId) {
    const events = AgentOutput.logEvents(run, sandbox.output(run), yield* redaction.forRun)
    return yield* Effect.raceFirst(
      store(context, run, AgentOutput.endSilence(stallTimeout)(events)),
      // it has requests to give up, which nobody waits for
      Effect.disconnect(sandbox.watch(run))
    ).pipe(
      Effect.as(undefined),
      Effect.catchTag("RunSilent", ({ message }) =>
        sandbox.stop(run).pipe(
          Effect.zipRight(store(context, run, events)),
          Effect.as(message)
        ))
    )
  })

  /**
   * The agent's final words, or its last lines if it failed or left none. After a limit, the limit's sentence is
   * enough.
   */
  const answerOf = Effect.fnUntraced(function*({ claim }: StepContext, run: RunId, exit: RunExit, isHosted: boolean) {
    if (exit.overLimit === true) return ""
    // the host of an agent says why it failed
    if (exit.code === 0 || (isHosted && exit.code === 1)) {
      const answer = (yield* sandbox.answer(run)).trim()
      if (answer !== "") return answer
    }
    const tail = yield* history.lastOutput(claim.sessionId, run.turn, run.round, tailLines)
    return lastCharacters(tail.join("\n").trim())
  })

  /** Runs the agent to its end, with its gateway open. None: it may spend nothing, so it was not started. */
  const work = Effect.fnUntraced(
    function*(context: StepContext, step: RunAgent, run: RunId) {
      const { claim, record, state } = context
      const agent = yield* agents.start(state.spec.agent, state.spec.model)
      const used = yield* Ref.make(state.usage)
      const model = agent.environment["OPENTL_AGENT_MODEL"]
      const opened = yield* Effect.acquireRelease(Scope.make(), Scope.close)
      const { lastFailure } = yield* Scope.extend(
        gateway.open({
          sessionId: claim.sessionId,
          remainingUsd: remainingUsd(state),
          counted: state.countedCalls,
          egress: yield* egressWish.granted(state),
          day: Option.getOrUndefined(budget.day.account),
          // a command has no host that asks: whatever asks there would keep the messages from it
          ...(state.spec.agent._tag === "Command" ? {} : { giveMessages: giveMessages(context, run) }),
          ...(model === undefined ? {} : { model }),
          round: `${run.turn}-${run.round}`,
          onRefused: (endpoint) =>
            // the turn ended or has another owner: it was refused nevertheless
            record([EndpointRefused.make({ turn: run.turn, round: run.round, endpoint })]).pipe(Effect.ignoreLogged),
          onUsage: Effect.fnUntraced(function*(call) {
            const usage = yield* Ref.getAndUpdate(used, (before) => Usage.add(before, call.usage))
            yield* recordCall(record, usageRecorded({ ...state, usage }, { turn: run.turn, source: "agent" }, call))
          })
        }),
        opened
      )
      yield* budget.day.counted(claim.sessionId)
      if (!(step.started && (yield* sandbox.exists(run)))) {
        if (yield* budget.ifReached(context, step.turn)) return Option.none()
        yield* start(context, step, run, agent)
      }
      const silence = yield* follow(context, run)
      yield* beginImport(context, step, run)
      const called = yield* lastFailure
      // what is known of a failure goes with the gateway: a server that is killed while the end is settled needs it
      const closed = Effect.unless(Effect.uninterruptible(Scope.close(opened, Exit.void)), () => Option.isSome(called))
      const [ended] = yield* Effect.all([sandbox.exit(run), closed], { concurrency: 2 })
      // it may have come to its end by itself, just then
      const exit: RunExit = silence === undefined || ended.code === 0
        ? ended
        : { ...ended, reason: silence, overLimit: true }
      const isHosted = agent.launch !== undefined
      const said = yield* answerOf(context, run, exit, isHosted)
      // the cause of a failure takes precedence over the agent's last words
      const failure = isHosted && exit.code <= 1 ? called : Option.none()
      return Option.some({ exit, failure, said, isSilent: silence !== undefined })
    },
    // every call is in the log when it is closed
    Effect.scoped
  )

  const perform: Perform<RunAgent> = Effect.fn("AgentStep.perform")(
    function*(context, step) {
      const { claim, record } = context
      const run: RunId = { sessionId: claim.sessionId, turn: step.turn.number, round: step.round }
      const worked = yield* work(context, step, run)
      if (Option.isNone(worked)) return
      const { exit, failure, isSilent, said } = worked.value
      const hasFailed = exit.code !== 0 || Option.isSome(failure)
      // out of memory, say, it would have failed with all the money there is
      const hasOwnCause = exit.reason !== undefined && !isSilent
      if (hasFailed && !hasOwnCause && (yield* budget.ifReached(context, step.turn))) return
      yield* record([AgentFinished.make({
        turn: run.turn,
        round: run.round,
        answer: yield* redaction.text(said),
        ...Option.match(failure, {
          onNone: () => ({ exitCode: exit.code, ...(exit.reason === undefined ? {} : { reason: exit.reason }) }),
          // such an agent ends its turn as if nothing had happened
          onSome: (failure) => ({ exitCode: 1, reason: `the model's last answer was an error: ${failure}` })
        })
      })])
    }
  )
  return perform
})
