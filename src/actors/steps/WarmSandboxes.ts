/**
 * Sandboxes that wait for sessions to come (OPENTL_WARM). Each is prepared for an id that no session has; the next session
 * gets the id, and with it a sandbox whose container runs already. In whatever repository that session works, the sandbox
 * was in nobody's hands before.
 *
 * They cost memory, so they are kept only while sessions come: one that nobody has wanted for a while is given up, and the
 * next are prepared when a session works again.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { program } from "../../domain/Agent.ts"
import { SessionId } from "../../domain/Ids.ts"
import { Agents } from "../../services/agents/Agents.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { waitingIn } from "../../services/config/DataPaths.ts"
import { Gateway } from "../../services/gateway/Gateway.ts"
import { Sandbox } from "../../services/sandbox/Sandbox.ts"
import { SessionHistory } from "../../services/store/SessionHistory.ts"
import { BackgroundTasks } from "../../services/support/BackgroundTasks.ts"
import { randomSessionId } from "../../services/support/RandomIds.ts"

interface Interface {
  /** The id of a sandbox that waits or is being prepared, if there is one. To be given back with `settle`. */
  readonly take: Effect.Effect<Option.Option<SessionId>>
  /**
   * Says whether there may be a session with the id now. If not, its sandbox waits for another one. The sandbox of an id that
   * has no session after all is removed by the sweep of sandboxes without an owner.
   */
  readonly settle: (id: SessionId, isUsed: boolean) => Effect.Effect<void>
  /** The ids without a session. */
  readonly reserved: Effect.Effect<ReadonlySet<SessionId>>
  /**
   * Has the missing ones prepared, and returns at once. What the engine does for them takes time from a session's agent while
   * it starts, so that is in a moment: at once where sessions come close together, which would find none.
   */
  readonly refill: Effect.Effect<void>
  /** The same, without that moment: a session has ended. */
  readonly refillNow: Effect.Effect<void>
}

const none: Interface = {
  take: Effect.succeedNone,
  settle: () => Effect.void,
  reserved: Effect.succeed(new Set()),
  refill: Effect.void,
  refillNow: Effect.void
}

/** How long an agent has the machine for itself at its start. */
const moment = Duration.seconds(1)

/** A session comes soon after another that came or ended less than this before it: no sandbox can be prepared in between. */
const closeTogether = Duration.millis(250)

/** How long one waits before it is given up. */
export const idleTime = Duration.minutes(10)

const lookEvery = Schedule.spaced("1 minute")

/** How long a server that ends takes at most to remove them. The next one removes what is left. */
const removalTime = Duration.seconds(5)

const readSessionId = Schema.decodeOption(SessionId)

/** Without a layer there are none. */
export class WarmSandboxes extends Context.Reference<WarmSandboxes>()("opentl/actors/steps/WarmSandboxes", {
  defaultValue: () => none
}) {
  static readonly layer = Layer.scoped(WarmSandboxes, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const agents = yield* Agents
  const { dataDir, warmSandboxes: most } = yield* AppConfig
  const fs = yield* FileSystem.FileSystem
  const gateway = yield* Gateway
  const { prepareAhead, removeWorkspace } = yield* Sandbox
  const history = yield* SessionHistory
  const tasks = yield* BackgroundTasks
  const reserved = new Set<SessionId>()
  /** Since when each waits, oldest first. */
  const waiting = new Map<SessionId, number>()
  const wanted = yield* Queue.sliding<void>(1)
  const wantedNow = yield* Queue.sliding<void>(1)
  /** When a session came or ended, and whether the last one came soon after that. */
  let last = -Infinity
  let isSoon = false

  /** A server that is killed leaves a note for each id, by which the next one finds what it had prepared. */
  const noteOf = (id: SessionId) => `${waitingIn(dataDir)}/${id}`
  const forget = (id: SessionId) => fs.remove(noteOf(id), { recursive: true, force: true })

  const remove = Effect.fn("WarmSandboxes.remove")(
    function*(id: SessionId) {
      yield* removeWorkspace(id)
      yield* fs.remove(yield* gateway.directoryOf(id), { recursive: true })
      yield* forget(id)
    },
    Effect.catchAll((error) => Effect.logWarning(`a sandbox that waited cannot be removed: ${error.message}`)),
    (effect, id) => Effect.ensuring(effect, Effect.sync(() => reserved.delete(id)))
  )

  /** Removes what an earlier server has prepared, if no session has come to it. */
  const removeLeft = Effect.fn("WarmSandboxes.removeLeft")(function*() {
    const left = yield* Effect.orElseSucceed(fs.readDirectory(waitingIn(dataDir)), () => [])
    yield* Effect.forEach(Arr.filterMap(left, (name) => readSessionId(name)), (id) =>
      history.get(id).pipe(
        Effect.zipRight(forget(id)),
        Effect.catchTag("SessionNotFound", () => remove(id)),
        Effect.ignoreLogged
      ), { discard: true })
  })
  yield* tasks.run("sandboxes of an earlier server", removeLeft())
  if (prepareAhead === undefined || most === 0) return none

  const expectedAgent = Effect.map(agents.choose(undefined), ({ agent }) => program(agent))

  /** It can be taken at once: a session that comes now is sooner in it than in one of its own. */
  const prepareOne = Effect.fn("WarmSandboxes.prepareOne")(
    function*(id: SessionId) {
      reserved.add(id)
      waiting.set(id, yield* Clock.currentTimeMillis)
      yield* fs.makeDirectory(noteOf(id), { recursive: true })
      const run = { sessionId: id, turn: 1, round: 1 }
      yield* prepareAhead(run, {
        gatewayDirectory: yield* gateway.directoryOf(id),
        expectedAgent: yield* expectedAgent
      })
    },
    // a session that has taken it meanwhile finds out by itself
    (effect, id) => Effect.onError(effect, () => Effect.when(remove(id), () => waiting.delete(id)))
  )

  const prepareNew = () => Effect.flatMap(randomSessionId, prepareOne)

  /** A failure shows in the sessions, which then prepare their sandboxes themselves. */
  const fill = Effect.suspend(() => Effect.all(Arr.makeBy(most - waiting.size, prepareNew), { discard: true })).pipe(
    Effect.when(() => waiting.size < most),
    Effect.catchAll((error) => Effect.logDebug(`no sandbox could be prepared ahead: ${error.message}`))
  )

  const giveUpOld = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const old = [...waiting].filter(([, since]) => now - since >= Duration.toMillis(idleTime)).map(([id]) => id)
    for (const id of old) waiting.delete(id)
    yield* Effect.forEach(old, remove, { discard: true })
  })

  yield* Effect.addFinalizer(() =>
    Effect.forEach([...waiting.keys()], remove, { concurrency: "unbounded", discard: true }).pipe(
      Effect.timeoutOption(removalTime)
    )
  )
  const untilDue = Effect.zipRight(Queue.take(wanted), Effect.raceFirst(Effect.sleep(moment), Queue.take(wantedNow)))
  yield* tasks.run("waiting sandboxes", Effect.forever(Effect.zipRight(untilDue, fill)))
  yield* tasks.run("idle sandboxes", Effect.repeat(giveUpOld, lookEvery))
  const fillNow = Effect.zipRight(Queue.offer(wanted, undefined), Effect.asVoid(Queue.offer(wantedNow, undefined)))
  yield* fillNow

  return {
    take: Effect.map(Clock.currentTimeMillis, (now) => {
      isSoon = now - last < Duration.toMillis(closeTogether)
      last = now
      const id = Option.fromIterable(waiting.keys())
      Option.map(id, (id) => waiting.delete(id))
      return id
    }),
    settle: (id, isUsed) =>
      isUsed
        ? Effect.zipRight(Effect.sync(() => reserved.delete(id)), Effect.ignoreLogged(forget(id)))
        : Effect.map(Clock.currentTimeMillis, (now) => void waiting.set(id, now)),
    reserved: Effect.sync(() => new Set(reserved)),
    refill: Effect.suspend(() => isSoon ? fillNow : Effect.asVoid(Queue.offer(wanted, undefined))),
    refillNow: Effect.flatMap(Clock.currentTimeMillis, (now) => {
      last = now
      return fillNow
    })
  } satisfies Interface
})
