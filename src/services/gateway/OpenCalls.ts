/**
 * A session's running model calls, in files beside the log, so that a killed server does not lose their cost. A file is
 * written before its call goes out and removed after the call is in the log. While the server lives it refreshes one
 * more file, so that the next one knows how long a call can have run. A crash between the log entry and the removal
 * counts a call twice rather than not at all.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { SessionId } from "../../domain/Ids.ts"
import * as ModelPrice from "../model/ModelPrice.ts"
import { BackgroundTasks } from "../support/BackgroundTasks.ts"

/** The cost-related data of a call. */
export const OpenCall = Schema.Struct({
  model: Schema.String,
  price: Schema.optional(ModelPrice.Price),
  /** The size of the request's body. */
  bytes: Schema.NonNegativeInt,
  /** In tokens. */
  maxOutput: Schema.NonNegativeInt
})
export type OpenCall = typeof OpenCall.Type

/** With the time at which it went out, in milliseconds since the epoch. */
const Noted = Schema.Struct({ ...OpenCall.fields, startedAt: Schema.NonNegativeInt })
const Json = Schema.parseJson(Noted)
const decode = Schema.decodeOption(Json)

/** A call that a killed server left running. */
export interface LeftCall {
  readonly call: OpenCall
  /** The most that it can have run. */
  readonly seconds: number
  readonly file: string
}

export interface OpenCalls {
  /** Passes on each call that a killed server left, with the most seconds that it can have run, and removes it. */
  readonly takeOver: <E, R>(
    settle: (call: OpenCall, seconds: number) => Effect.Effect<void, E, R>
  ) => Effect.Effect<void, E, R>
  /** Records a call that goes out now; the returned effect removes the record. */
  readonly note: (call: OpenCall) => Effect.Effect<Effect.Effect<void>>
}

/** How often a running server refreshes its sign of life. */
const beat = Duration.seconds(5)

const aliveFile = "alive"
const isSession = Schema.is(SessionId)

const touch = (file: string) =>
  Effect.all([FileSystem.FileSystem, Clock.currentTimeMillis]).pipe(
    Effect.flatMap(([fs, now]) => fs.utimes(file, now / 1000, now / 1000)),
    Effect.ignoreLogged
  )

/** Opens a session's directory `<data dir>/model-calls/<session>`, which no sandbox mounts. Removed with the scope. */
export const make = Effect.fnUntraced(function*(dataDir: string) {
  const signsOfLife = yield* Ref.make<ReadonlySet<string>>(new Set())
  yield* (yield* BackgroundTasks).run(
    "gateway",
    Effect.flatMap(Ref.get(signsOfLife), Effect.forEach(touch, { discard: true })).pipe(
      Effect.repeat(Schedule.spaced(beat))
    )
  )
  return (session: SessionId) => open(dataDir, session, signsOfLife)
})

/** The calls in a session's directory, before a new server shows that it lives. */
const leftIn = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  /** When the previous server ended; unlimited if it left no sign of life. */
  const endedBy = yield* Effect.option(fs.stat(path.join(directory, aliveFile))).pipe(
    Effect.map(Option.flatMap(({ mtime }) => mtime)),
    Effect.map(Option.match({
      onNone: () => Number.POSITIVE_INFINITY,
      onSome: (mtime) => mtime.getTime() + Duration.toMillis(beat)
    }))
  )
  const names = yield* Effect.orElseSucceed(fs.readDirectory(directory), () => [])
  const files = names.filter((name) => name.endsWith(".json")).map((name) => path.join(directory, name))
  const calls = yield* Effect.forEach(files, (file) =>
    Effect.orElseSucceed(fs.readFileString(file), () => "").pipe(
      // an empty file belongs to a call that had not gone out
      Effect.map((text) =>
        Option.map(decode(text), ({ startedAt, ...call }): LeftCall => ({
          call,
          seconds: Math.max(0, endedBy - startedAt) / 1000,
          file
        }))
      )
    ))
  return calls.flatMap(Option.toArray)
})

/** All calls that a killed server left running, by session. */
export const leftOver = Effect.fn("OpenCalls.leftOver")(function*(dataDir: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = path.join(dataDir, "model-calls")
  const sessions = yield* Effect.orElseSucceed(fs.readDirectory(root), () => [])
  return yield* Effect.forEach(
    sessions.filter(isSession),
    (session) => Effect.map(leftIn(path.join(root, session)), (calls) => [session, calls] as const)
  )
})

const open = Effect.fnUntraced(function*(
  dataDir: string,
  session: SessionId,
  signsOfLife: Ref.Ref<ReadonlySet<string>>
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = path.join(dataDir, "model-calls", session)
  const alive = path.join(directory, aliveFile)
  yield* Effect.acquireRelease(
    fs.makeDirectory(directory, { recursive: true, mode: 0o700 }),
    () => Effect.ignoreLogged(fs.remove(directory, { recursive: true, force: true }))
  )

  const left = yield* Ref.make<ReadonlyArray<LeftCall>>(yield* leftIn(directory))
  yield* Effect.ignoreLogged(Effect.zipRight(fs.writeFileString(alive, ""), touch(alive)))
  yield* Effect.acquireRelease(
    Ref.update(signsOfLife, (all) => new Set([...all, alive])),
    () => Ref.update(signsOfLife, (all) => new Set([...all].filter((other) => other !== alive)))
  )

  const number = yield* Ref.make(0)

  const forget = (file: string) => Effect.ignoreLogged(fs.remove(file, { force: true }))

  const takeOver: OpenCalls["takeOver"] = (settle) =>
    Effect.flatMap(
      Ref.getAndSet(left, []),
      Effect.forEach(({ call, file, seconds }) => Effect.zipRight(settle(call, seconds), forget(file)), {
        discard: true
      })
    )

  const note: OpenCalls["note"] = Effect.fnUntraced(function*(call) {
    const file = path.join(directory, `${yield* Ref.updateAndGet(number, (last) => last + 1)}.json`)
    const startedAt = yield* Clock.currentTimeMillis
    // a full disk must not stop the agent: the record is lost only if the server is also killed
    yield* Effect.ignoreLogged(
      Effect.flatMap(Schema.encode(Json)({ ...call, startedAt }), (json) => fs.writeFileString(file, json))
    )
    return forget(file)
  })

  return { note, takeOver } satisfies OpenCalls
})
