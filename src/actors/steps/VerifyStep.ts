/**
 * Runs the repository's checks on the committed tree, outside the agent's control, and those that fail on the base as
 * well. Which commands they are is the base's matter, so no change can take a check of itself away.
 */
import * as Effect from "effect/Effect"
import type { CheckEnd, CheckReport } from "../../domain/CheckRun.ts"
import type { Check } from "../../domain/Checks.ts"
import type { CommitId } from "../../domain/Ids.ts"
import type { Step } from "../../domain/NextStep.ts"
import * as Patch from "../../domain/Patch.ts"
import { show as showRepository } from "../../domain/Repository.ts"
import { VerifyHeld } from "../../domain/SessionEvent.ts"
import * as Verification from "../../domain/Verification.ts"
import { weakenedTests } from "../../domain/WeakenedTests.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import * as Redaction from "../../services/gate/Redaction.ts"
import { Gateway } from "../../services/gateway/Gateway.ts"
import { GitError, Repositories } from "../../services/git/Repositories.ts"
import { type RunId, Sandbox } from "../../services/sandbox/Sandbox.ts"
import { BaseChecks } from "../../services/store/BaseChecks.ts"
import { Attachment } from "../../services/store/SessionStore.ts"
import { usageRecorded } from "./Budget.ts"
import * as ChangeChecks from "./ChangeChecks.ts"
import * as CheckRuns from "./CheckRuns.ts"
import * as Dependencies from "./Dependencies.ts"
import * as EgressWish from "./EgressWish.ts"
import type { Perform, StepContext } from "./StepContext.ts"

type VerifyChanges = Extract<Step, { readonly _tag: "VerifyChanges" }>

/** How many characters of a command's output go into the event; the whole tail is stored beside. */
const shortTail = 4_000

/** How many weakened tests are told. */
const mostWeakened = 50

const runOf = ({ exitCode, seconds, tail }: CheckEnd): Verification.CommandRun => ({ exitCode, seconds, tail })

/** The ends of a report, by shell line. */
const endsOf = (commands: CheckRuns.CheckOrder["commands"], report: CheckReport): ReadonlyMap<string, CheckEnd> =>
  new Map(commands.flatMap(({ run }, i): ReadonlyArray<readonly [string, CheckEnd]> => {
    const end = report.commands[i]
    return end === undefined || end === null ? [] : [[run, end]]
  }))

/** The installs that failed, as ends by shell line. */
const installsOf = (installs: CheckReport["installs"]): ReadonlyMap<string, CheckEnd> =>
  new Map(installs.map(({ exitCode, run, tail }) => [run, { exitCode, seconds: 0, tail }] as const))

const hasFailed = (end: CheckEnd | undefined): boolean => end?.exitCode !== undefined && end.exitCode !== 0

export const make = Effect.gen(function*() {
  const { verifyTimeout } = yield* AppConfig
  const base = yield* BaseChecks
  const changeChecks = yield* ChangeChecks.make
  const dependencies = yield* Dependencies.make
  const egressWish = yield* EgressWish.make
  const gateway = yield* Gateway
  const run = yield* CheckRuns.make
  const repositories = yield* Repositories
  const sandbox = yield* Sandbox
  const withoutSecrets = yield* Redaction.make

  /** What a person must know of the checks, whatever they say. */
  const weakenedBy = ({ state: { origin, spec } }: StepContext, commit: CommitId) =>
    origin === undefined
      ? Effect.succeed([])
      : Effect.map(
        repositories.diff(spec.repo, origin.commit, commit),
        ({ changed, patch }) => weakenedTests(changed, Patch.sections(patch)).slice(0, mostWeakened)
      )

  /** The gateway is open for package registries and domains as for an agent, and closed for every model. */
  const openGateway = ({ claim, record, state }: StepContext, turn: number) =>
    Effect.flatMap(egressWish.granted(state), (egress) =>
      gateway.open({
        sessionId: claim.sessionId,
        remainingUsd: 0,
        egress,
        // of calls of the agent that an earlier server left running
        onUsage: (call) => Effect.ignoreLogged(record([usageRecorded(state, { turn, source: "agent" }, call)]))
      }))

  /** How the commands ended on the base: what is known, and for the rest a run there. */
  const onBase = Effect.fnUntraced(function*(
    context: StepContext,
    at: RunId,
    order: CheckRuns.CheckOrder & { readonly commands: ReadonlyArray<Check> },
    hasFailedToInstall: boolean,
    failed: CheckReport["installs"]
  ) {
    const key = {
      repo: showRepository(context.state.spec.repo),
      commit: order.commit,
      sandbox: yield* sandbox.identity
    }
    const known = yield* Effect.catchAll(
      base.find(key),
      (error) => Effect.as(Effect.logWarning(error), new Map<string, CheckEnd>())
    )
    const unknown = order.commands.filter(({ run }) => !known.has(run))
    if (unknown.length === 0 && (!hasFailedToInstall || failed.length > 0)) {
      return { ends: known, installs: installsOf(failed) }
    }
    const report = yield* run(context, { ...at, checks: "base" }, { ...order, commands: unknown })
    const ends = endsOf(unknown, report)
    // an install fails with the network, too
    if (report.installs.length === 0) yield* Effect.ignoreLogged(base.keep(key, ends))
    return { ends: new Map([...known, ...ends]), installs: installsOf(report.installs) }
  })

  const verify = Effect.fnUntraced(function*(
    context: StepContext,
    at: RunId,
    { commands, commit, setup }: {
      readonly commit: CommitId
      readonly commands: ReadonlyArray<Check>
      readonly setup: ReadonlyArray<string> | undefined
    }
  ) {
    const { origin } = context.state
    if (origin === undefined) {
      return yield* new GitError({ operation: "diff", reason: "the session has no base commit" })
    }
    yield* openGateway(context, at.turn)
    const order = { setup, atMost: verifyTimeout }
    const base = { repo: context.state.spec.repo, commit: origin.commit, setup }
    const { failed: failedBefore, givenTo } = yield* dependencies.ofChecks(context, at, base)
    const given = yield* givenTo(commit)
    const report = yield* run(context, { ...at, checks: "head" }, { ...order, commit, commands, given })
    const ends = endsOf(commands, report)
    const installs = installsOf(report.installs)
    const failed = commands.filter(({ run }) => hasFailed(ends.get(run)))
    const before = failed.length === 0 && installs.size === 0
      ? undefined
      : yield* onBase(
        context,
        at,
        { ...order, commit: origin.commit, commands: failed, given: yield* givenTo(origin.commit) },
        installs.size > 0,
        failedBefore
      )
    const checkedOf = (check: { readonly name: string; readonly run: string }, end?: CheckEnd, earlier?: CheckEnd) =>
      Verification.checked(check, end && runOf(end), earlier && runOf(earlier))
    return Verification.of(commit, [
      ...Array.from(
        installs,
        ([line, end]) =>
          checkedOf({ name: line === "" ? "sandbox" : "install", run: line }, end, before?.installs.get(line))
      ),
      ...commands.map((check) => checkedOf(check, ends.get(check.run), before?.ends.get(check.run)))
    ])
  }, Effect.scoped)

  const perform: Perform<VerifyChanges> = Effect.fn("VerifyStep.perform")(
    function*(context, { changes, run: { round }, turn }) {
      const { claim, record, state } = context
      const { commit } = changes
      const at = { turn: turn.number, round }
      const weakened = yield* weakenedBy(context, commit)
      const hold = (held: Verification.Verification) => {
        const verification = weakened.length === 0 ? held : { ...held, weakened }
        return record(
          [VerifyHeld.make({ ...at, commit, verification: Verification.withTails(verification, shortTail) })],
          Attachment.Verification({ report: { ...verification, ...at } })
        )
      }
      if (state.spec.verify === "off") {
        yield* hold(Verification.skipped(commit, "checks are switched off (OPENTL_VERIFY=off)"))
        return
      }
      const { checks: commands, setup } = yield* changeChecks(context, commit)
      const verification = commands.length === 0
        ? Verification.none(commit)
        : yield* verify(context, { sessionId: claim.sessionId, ...at }, { commit, commands, setup })
      const shown = {
        ...verification,
        commands: yield* Effect.forEach(
          verification.commands,
          (command) => Effect.map(withoutSecrets(command.name, command.tail), (tail) => ({ ...command, tail }))
        )
      }
      yield* hold(sandbox.kind.startsWith("local") && commands.length > 0 ? { ...shown, isLocal: true } : shown)
      if (commands.length > 0) yield* sandbox.removeRuns(claim.sessionId)
    }
  )
  return perform
})
