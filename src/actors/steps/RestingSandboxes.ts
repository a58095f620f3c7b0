/**
 * Sandboxes that wait for sessions which rest (OPENTL_WARM). Whoever reads a result may ask for more, and that turn begins in a
 * container which runs already.
 *
 * They cost memory, and to prepare one takes the engine a moment. So only the sessions that ended a turn last have one, for as
 * long as people usually take to answer, and it is prepared when nothing has begun or ended for a moment: a busy server has
 * better things to do.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type { SessionId } from "../../domain/Ids.ts"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { Sandbox } from "../../services/sandbox/Sandbox.ts"
import { BackgroundTasks } from "../../services/support/BackgroundTasks.ts"

interface Interface {
  /** Whether sandboxes are prepared for runs that may not come. */
  readonly isOn: boolean
  /** The session has ended a turn: has its next sandbox prepared soon. */
  readonly rest: (id: SessionId, prepare: Effect.Effect<void>) => Effect.Effect<void>
  /** The session works again: what waits for it is its own. */
  readonly work: (id: SessionId) => Effect.Effect<void>
  /** The sessions that a sandbox waits for. */
  readonly reserved: Effect.Effect<ReadonlySet<SessionId>>
}

const none: Interface = {
  isOn: false,
  rest: () => Effect.void,
  work: () => Effect.void,
  reserved: Effect.succeed(new Set())
}

/** How long nothing may have begun or ended. */
export const quietTime = Duration.seconds(1)

/** How long one waits before it is given up. */
export const idleTime = Duration.minutes(10)

const lookEvery = Schedule.spaced("1 minute")

/** How long a server that ends takes at most to remove them. The next one removes what is left. */
const removalTime = Duration.seconds(5)

interface Resting {
  readonly since: number
  readonly prepare: Effect.Effect<void>
}

/** Without a layer there are none. */
export class RestingSandboxes extends Context.Reference<RestingSandboxes>()("opentl/actors/steps/RestingSandboxes", {
  defaultValue: () => none
}) {
  static readonly layer = Layer.scoped(RestingSandboxes, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const { warmSandboxes: most } = yield* AppConfig
  const { giveUpPrepared } = yield* Sandbox
  const tasks = yield* BackgroundTasks
  if (giveUpPrepared === undefined || most === 0) return none

  /** The one that ended a turn last is the last. */
  const resting = new Map<SessionId, Resting>()
  /** Those whose sandbox is no longer wanted. */
  const leaving = new Set<SessionId>()
  const changed = yield* Queue.sliding<void>(1)
  const left = yield* Queue.sliding<void>(1)

  const leave = (id: SessionId) => {
    resting.delete(id)
    leaving.add(id)
  }

  /** Unless it works again meanwhile. */
  const giveUp = (id: SessionId) =>
    giveUpPrepared(id).pipe(
      Effect.catchAll((error) => Effect.logWarning(`a sandbox that waited cannot be removed: ${error.message}`)),
      Effect.zipRight(Effect.sync(() => leaving.delete(id))),
      Effect.when(() => leaving.has(id))
    )

  const giveUpLeaving = Effect.suspend(() => Effect.forEach([...leaving], giveUp, { discard: true }))

  const untilQuiet = Effect.repeat(Effect.timeoutOption(Queue.take(changed), quietTime), {
    until: (change) => Option.isNone(change)
  })

  const prepareAll = Effect.suspend(() =>
    Effect.forEach([...resting], ([id, { prepare }]) => Effect.when(prepare, () => resting.has(id)), { discard: true })
  )

  const giveUpOld = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const isOld = ({ since }: Resting) => now - since >= Duration.toMillis(idleTime)
    for (const [id, rest] of [...resting]) if (isOld(rest)) leave(id)
    yield* giveUpLeaving
  })

  yield* Effect.addFinalizer(() =>
    // the tasks below have ended by then, so none is prepared any more
    Effect.forEach([...resting.keys(), ...leaving], (id) => Effect.ignoreLogged(giveUpPrepared(id)), {
      concurrency: "unbounded",
      discard: true
    }).pipe(Effect.timeoutOption(removalTime))
  )
  yield* tasks.run(
    "sandboxes of resting sessions",
    Effect.forever(Queue.take(changed).pipe(Effect.zipRight(untilQuiet), Effect.zipRight(prepareAll)))
  )
  yield* tasks.run("sandboxes given up", Effect.forever(Effect.zipRight(Queue.take(left), giveUpLeaving)))
  yield* tasks.run("idle sandboxes of sessions", Effect.repeat(giveUpOld, lookEvery))

  return {
    isOn: true,
    rest: Effect.fnUntraced(function*(id, prepare) {
      resting.delete(id)
      leaving.delete(id)
      resting.set(id, { since: yield* Clock.currentTimeMillis, prepare })
      const tooMany = Arr.dropRight([...resting.keys()], most)
      tooMany.forEach(leave)
      if (tooMany.length > 0) yield* Queue.offer(left, undefined)
      yield* Queue.offer(changed, undefined)
    }),
    work: Effect.fnUntraced(function*(id) {
      resting.delete(id)
      leaving.delete(id)
      yield* Queue.offer(changed, undefined)
    }),
    reserved: Effect.sync(() => new Set([...resting.keys(), ...leaving]))
  } satisfies Interface
})
