/** A sandbox whose runs are scripts: what they print, how they end, whether they commit. Runs outlive a "server". */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { packing } from "../../src/actors/steps/UncollectedWork.ts"
import type { SessionId } from "../../src/domain/Ids.ts"
import {
  type RunExit,
  type RunId,
  runName,
  type RunSpec,
  Sandbox,
  SandboxError,
  type SandboxUnavailable
} from "../../src/services/sandbox/Sandbox.ts"

export interface FakeRun {
  readonly spec: RunSpec
  readonly output: Array<Uint8Array>
  readonly more: Queue.Queue<void>
  readonly exit: Deferred.Deferred<RunExit>
  answer: string
  /** What a run of checks has found, as JSON. */
  report: string
  commits: boolean
}

export interface RunScript {
  readonly lines?: ReadonlyArray<string>
  /** Absent: the run goes on until it is removed, or ended by the test. */
  readonly exitCode?: number
  /** The run ends over a limit, with this sentence. */
  readonly overLimit?: string
  readonly answer?: string
  readonly report?: string
  readonly commits?: boolean
}

/** Lives outside the layer, as an engine outlives the server. */
export class FakeEngine {
  readonly runs = new Map<string, FakeRun>()
  readonly started: Array<string> = []
  /** What they were started with. */
  readonly specs: Array<RunSpec> = []
  readonly removed: Array<string> = []
  /** The runs for which a sandbox was to be prepared. */
  readonly prepared: Array<string> = []
  /** The sessions that have a prepared sandbox. */
  readonly waiting = new Set<SessionId>()
  /** The sessions whose prepared sandbox was given up. */
  readonly givenUp: Array<SessionId> = []
  readonly workspaces = new Set<SessionId>()
  /** What is still to be done when a run's output has ended and its exit code is asked for. */
  settling: Effect.Effect<void> = Effect.void
  /** Whether the results of runs can be read where they lie. */
  isInPlace = false
  /** What the removal of a session's runs waits for. */
  removal: Effect.Effect<void> = Effect.void
  /** Whether a run that was cut short leaves changes in its workspace. */
  leavesWork = false
  /** Whether taking them out never comes to an end. */
  packingHangs = false
  /** Whether a run could be started. */
  check: Effect.Effect<void, SandboxUnavailable> = Effect.void
  script: (run: RunId) => RunScript = () => ({ lines: ["hello"], exitCode: 0, answer: "done", commits: true })

  readonly print = (run: FakeRun, line: string) => {
    run.output.push(new TextEncoder().encode(`${line}\n`))
    return Queue.offer(run.more, undefined)
  }
  /** The runs that were asked to end. */
  readonly stopped: Array<string> = []
  /** What a run does that is asked to end. */
  stop: (run: FakeRun) => Effect.Effect<void> = (run) => {
    this.stopped.push(runName(run.spec.run))
    return Effect.asVoid(this.finish(run, 143, { reason: "killed" }))
  }
  readonly finish = (run: FakeRun, code: number, end: Partial<RunExit> = {}) =>
    Deferred.succeed(run.exit, { code, reason: undefined, ...end }).pipe(
      Effect.zipRight(Queue.offer(run.more, undefined))
    )
}

export const layer = (engine: FakeEngine) => {
  const find = (run: RunId) =>
    Effect.suspend(() => {
      const found = engine.runs.get(runName(run))
      return found === undefined
        ? new SandboxError({ operation: "find", reason: `no run ${runName(run)}` })
        : Effect.succeed(found)
    })
  const outputFrom = (run: FakeRun, index: number): Stream.Stream<Uint8Array> =>
    Stream.unfoldEffect(index, (at) =>
      Effect.gen(function*() {
        for (;;) {
          const chunk = run.output[at]
          if (chunk !== undefined) return Option.some([chunk, at + 1] as const)
          if (yield* Deferred.isDone(run.exit)) return Option.none()
          yield* Queue.take(run.more)
        }
      }))
  const bundle = (run: RunId) =>
    Effect.map(find(run), ({ commits }) => commits ? Option.some(`bundle-of-${runName(run)}`) : Option.none())
  return Layer.succeed(
    Sandbox,
    Sandbox.of({
      kind: "fake",
      identity: Effect.succeed("fake"),
      check: Effect.suspend(() => engine.check),
      prepare: (run, { expectedAgent }) =>
        Effect.sync(() => {
          engine.prepared.push(`${runName(run)} for ${expectedAgent}`)
          engine.waiting.add(run.sessionId)
        }),
      prepareAhead: (run, { expectedAgent }) =>
        Effect.sync(() => {
          engine.prepared.push(`${runName(run)} ahead for ${expectedAgent}`)
          engine.workspaces.add(run.sessionId)
        }),
      giveUpPrepared: (session) =>
        Effect.sync(() => {
          engine.givenUp.push(session)
          engine.waiting.delete(session)
        }),
      hasRepository: (session) => Effect.sync(() => engine.workspaces.has(session)),
      exists: (run) => Effect.sync(() => engine.runs.has(runName(run))),
      start: (spec) =>
        Effect.gen(function*() {
          const name = runName(spec.run)
          if (engine.runs.has(name)) return
          engine.waiting.delete(spec.run.sessionId)
          const isPacking = spec.environment["OPENTL_AGENT_COMMAND"] === packing.OPENTL_AGENT_COMMAND
          if (!isPacking) {
            engine.started.push(name)
            engine.specs.push(spec)
          }
          engine.workspaces.add(spec.run.sessionId)
          const script: RunScript = isPacking
            ? { commits: engine.leavesWork, ...(engine.packingHangs ? {} : { exitCode: 0 }) }
            : engine.script(spec.run)
          const run: FakeRun = {
            spec,
            output: [],
            more: yield* Queue.sliding<void>(1),
            exit: yield* Deferred.make<RunExit>(),
            answer: script.answer ?? "",
            report: script.report ?? "",
            commits: script.commits ?? false
          }
          engine.runs.set(name, run)
          yield* Effect.forEach(script.lines ?? [], (line) => engine.print(run, line))
          if (script.exitCode !== undefined) yield* engine.finish(run, script.exitCode)
          if (script.overLimit !== undefined) {
            yield* engine.finish(run, 137, { reason: script.overLimit, overLimit: true })
          }
        }),
      output: (run) => Stream.unwrap(Effect.map(find(run), (found) => outputFrom(found, 0))),
      exit: (run) => Effect.flatMap(find(run), (found) => Effect.zipLeft(Deferred.await(found.exit), engine.settling)),
      answer: (run) => Effect.map(find(run), ({ answer }) => answer),
      checkReport: (run) => Effect.map(find(run), ({ report }) => report),
      bundle,
      bundleInPlace: (run) =>
        engine.isInPlace ? Effect.orElseSucceed(bundle(run), () => Option.none()) : Effect.succeedNone,
      removeRuns: (session, next) =>
        Effect.gen(function*() {
          if (next === undefined) engine.waiting.delete(session)
          yield* engine.removal
          for (const [name, run] of [...engine.runs]) {
            if (run.spec.run.sessionId !== session) continue
            engine.runs.delete(name)
            if (
              engine.started.filter((each) => each === name).length >
                engine.removed.filter((each) => each === name).length
            ) {
              engine.removed.push(name)
            }
            yield* Deferred.succeed(run.exit, { code: 137, reason: "killed" })
          }
        }),
      stop: (run) =>
        Effect.sync(() => engine.runs.get(runName(run))).pipe(
          Effect.flatMap((found) => found === undefined ? Effect.void : engine.stop(found))
        ),
      watch: () => Effect.never,
      removeWorkspace: (session) => Effect.sync(() => void engine.workspaces.delete(session)),
      removeIdleWorkspace: (session, isUnused) =>
        Effect.map(isUnused, (unused) => {
          const runs = [...engine.runs.values()].filter((run) => run.spec.run.sessionId === session)
          return unused && runs.length === 0 && engine.workspaces.delete(session)
        }),
      sessionsWithWorkspaces: Effect.sync(() => [...engine.workspaces]),
      sessionsWithRuns: Effect.sync(() => [...new Set([...engine.runs.values()].map((run) => run.spec.run.sessionId))])
    })
  )
}
