/**
 * Runs the repository's checks on the committed tree, outside the agent's control, and those that fail on the base as
 * well. Which commands they are is the base's matter, so no change can take a check of itself away.
 */
import * as Effect from "effect/Effect"
import { changedPrograms, changedScripts } from "../../domain/CheckPrograms.ts"
import type { CheckEnd, CheckReport } from "../../domain/CheckRun.ts"
import type { Check } from "../../domain/Checks.ts"
import { isAskedOfBase, type Touched, touchedBy } from "../../domain/ComparedTests.ts"
import { fewerTests } from "../../domain/FewerTests.ts"
import type { CommitId } from "../../domain/Ids.ts"
import type { Step } from "../../domain/NextStep.ts"
import * as Patch from "../../domain/Patch.ts"
import { show as showRepository } from "../../domain/Repository.ts"
import { VerifyHeld } from "../../domain/SessionEvent.ts"
import * as Verification from "../../domain/Verification.ts"
import { together, type WeakenedTest, weakenedTests } from "../../domain/WeakenedTests.ts"
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

/** The ends of a report, by shell line. */
const endsOf = (commands: CheckRuns.CheckOrder["commands"], report: CheckReport): ReadonlyMap<string, CheckEnd> =>
  new Map(commands.flatMap(({ run }, i): ReadonlyArray<readonly [string, CheckEnd]> => {
    const end = report.commands[i]
    return end === undefined || end === null ? [] : [[run, end]]
  }))

/** The installs that failed, as ends by shell line. */
const installsOf = (installs: CheckReport["installs"]): ReadonlyMap<string, CheckEnd> =>
  new Map(installs.map(({ exitCode, run, tail }) => [run, { exitCode, seconds: 0, tail }] as const))

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

  /** What a person must know of the checks, whatever they say, and whether their tests are to be compared. */
  const effectOf = ({ state: { origin, spec } }: StepContext, commit: CommitId) =>
    origin === undefined
      ? Effect.succeed({ changed: [], weakened: [], touched: undefined })
      : Effect.map(repositories.diff(spec.repo, origin.commit, commit), ({ changed, patch }) => {
        const sections = Patch.sections(patch)
        return { changed, weakened: weakenedTests(changed, sections), touched: touchedBy(changed, sections) }
      })

  /** The gateway is open for package registries and domains as for an agent, and closed for every model. */
  const openGateway = ({ claim, record, state }: StepContext, turn: number) =>
    Effect.flatMap(egressWish.granted(state), (egress) =>
      gateway.open({
        sessionId: claim.sessionId,
        remainingUsd: 0,
        counted: state.countedCalls,
        egress,
        // of calls of the agent that an earlier server left running
        onUsage: (call) => Effect.ignoreLogged(record([usageRecorded(state, { turn, source: "agent" }, call)]))
      }))

  /** How commands ended on the base: what is known, and for the rest a run there. */
  const onBase = Effect.fnUntraced(function*(
    context: StepContext,
    at: RunId,
    order: CheckRuns.CheckOrder & { readonly commands: ReadonlyArray<Check> },
    { asked, failedBefore, hasFailedToInstall }: {
      readonly asked: ReadonlyArray<Check>
      readonly hasFailedToInstall: boolean
      /** The installs that are known to fail there. */
      readonly failedBefore: CheckReport["installs"]
    }
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
    const unknown = asked.filter(({ run }) => !known.has(run))
    if (unknown.length === 0 && (!hasFailedToInstall || failedBefore.length > 0)) {
      return { ends: known, installs: installsOf(failedBefore) }
    }
    // as on the head with those before it, whose files it may need
    const last = order.commands.findLastIndex(({ run }) => unknown.some((command) => command.run === run))
    const commands = order.commands.slice(0, last + 1)
    const report = yield* run(context, { ...at, checks: "base" }, { ...order, commands })
    const ends = endsOf(commands, report)
    // an install fails with the network, too, and a limit may be the machine's
    const lasting = new Map([...ends].filter(([, { limit }]) => limit === undefined))
    if (report.installs.length === 0) yield* Effect.ignoreLogged(base.keep(key, lasting))
    return { ends: new Map([...ends, ...known]), installs: installsOf(report.installs) }
  })

  const verify = Effect.fnUntraced(function*(
    context: StepContext,
    at: RunId,
    { commands, commit, setup, touched }: {
      readonly touched: Touched
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
    const asked = commands.filter(({ run }) => isAskedOfBase(ends.get(run), touched))
    const isNeeded = installs.size > 0 || asked.some(({ run }) => ends.get(run)?.exitCode !== 0)
    const onItsBase = Effect.flatMap(
      givenTo(origin.commit),
      (given) =>
        onBase(context, at, { ...order, commit: origin.commit, commands, given }, {
          asked,
          failedBefore,
          hasFailedToInstall: installs.size > 0
        })
    )
    const before = asked.length === 0 && installs.size === 0
      ? undefined
      : yield* onItsBase.pipe(
        // what passes holds without a comparison
        Effect.catchAll((error) => isNeeded ? Effect.fail(error) : Effect.as(Effect.logWarning(error), undefined))
      )
    const checkedOf = (check: { readonly name: string; readonly run: string }, end?: CheckEnd, earlier?: CheckEnd) =>
      Verification.checked(check, end, earlier)
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
      const effect = yield* effectOf(context, commit)
      const hold = (
        held: Verification.Verification,
        programs: ReadonlyArray<WeakenedTest> = [],
        scripts: ReadonlyArray<WeakenedTest> = []
      ) => {
        const told = new Set(effect.weakened.map(({ file }) => file))
        const weakened = together([
          ...fewerTests(held),
          ...scripts,
          ...programs.filter(({ file }) => !told.has(file))
        ], effect.weakened).slice(0, mostWeakened)
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
      const { checks: commands, now, scripts, setup } = yield* changeChecks(context, commit)
      const verification = commands.length === 0
        ? Verification.none(commit)
        : yield* verify(context, { sessionId: claim.sessionId, ...at }, {
          commit,
          commands,
          setup,
          touched: effect.touched
        })
      const shown = {
        ...verification,
        commands: yield* Effect.forEach(
          verification.commands,
          (command) => Effect.map(withoutSecrets(command.name, command.tail), (tail) => ({ ...command, tail }))
        )
      }
      yield* hold(
        sandbox.kind.startsWith("local") && commands.length > 0 ? { ...shown, isLocal: true } : shown,
        changedPrograms({ changed: effect.changed, checks: commands, scripts }),
        changedScripts({ checks: commands, scripts, now })
      )
      if (commands.length > 0) yield* sandbox.removeRuns(claim.sessionId)
    }
  )
  return perform
})
