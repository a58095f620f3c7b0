/**
 * A session's running model calls, in files beside the log, so that a killed server does not lose their cost. A file is
 * written before its call goes out and removed after the call is in the log. While the server lives it refreshes one
 * more file, so that the next one knows how long a call can have run. The log entry names the file's id: after a crash
 * between the two it is not counted again.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { SessionId } from "../../domain/Ids.ts"
import { Usage } from "../../domain/Usage.ts"
import { AppConfig } from "../config/AppConfig.ts"
import * as ModelPrice from "../model/ModelPrice.ts"
import { BackgroundTasks } from "../support/BackgroundTasks.ts"
import * as WhileFresh from "../support/WhileFresh.ts"

/** The cost-related data of a call. */
export const OpenCall = Schema.Struct({
  model: Schema.String,
  price: Schema.optional(ModelPrice.Price),
  /** The size of the request's body. */
  bytes: Schema.NonNegativeInt,
  /** In tokens. */
  maxOutput: Schema.NonNegativeInt,
  /** Which step made it; the agent, if absent. */
  source: Schema.optional(Schema.Literal("plan", "review")),
  /** What it has cost, if its answer is there. */
  usage: Schema.optional(Usage)
})
export type OpenCall = typeof OpenCall.Type

/** With the time at which it went out, in milliseconds since the epoch. */
const Noted = Schema.Struct({
  ...OpenCall.fields,
  startedAt: Schema.NonNegativeInt,
  id: Schema.optional(Schema.String)
})
const Json = Schema.parseJson(Noted)
const decode = Schema.decodeOption(Json)

/** A call that a killed server left running. */
export interface LeftCall {
  readonly call: OpenCall
  /** The most that it can have run. */
  readonly seconds: number
  readonly file: string
  /** Absent in records of earlier versions. */
  readonly id: string | undefined
}

/** The record of a call that went out. What is not forgotten is left to whoever opens the session's calls next. */
export interface Note {
  /** What the log entry names that counts it. */
  readonly id: string
  /** Its answer is there, and has cost this. */
  readonly answered: (usage: Usage) => Effect.Effect<void>
  readonly forget: Effect.Effect<void>
}

/** The running calls of one session. */
export interface SessionCalls {
  /** Passes on each call that a killed server left, unless it was counted, with the most seconds that it can have run. */
  readonly takeOver: <E, R>(
    settle: (call: OpenCall, seconds: number, id: string | undefined) => Effect.Effect<void, E, R>,
    counted?: ReadonlyArray<string>
  ) => Effect.Effect<void, E, R>
  /** Records a call that goes out now. */
  readonly note: (call: OpenCall) => Effect.Effect<Note>
}

/** How often a running server refreshes its sign of life. */
const beat = Duration.seconds(5)

const aliveFile = "alive"
const isSession = Schema.is(SessionId)

export class OpenCalls extends Context.Tag("opentl/services/gateway/OpenCalls")<OpenCalls, {
  /** The session's calls, in `<data dir>/model-calls/<session>`, which no sandbox mounts. One at a time opens them. */
  readonly open: (session: SessionId) => Effect.Effect<SessionCalls, never, Scope.Scope>
}>() {
  static readonly layer = Layer.scoped(
    OpenCalls,
    Effect.flatMap(AppConfig, ({ dataDir }) => Effect.map(make(dataDir), (open) => OpenCalls.of({ open })))
  ).pipe(Layer.provide(BackgroundTasks.layer))
}

const touch = (file: string) =>
  Effect.all([FileSystem.FileSystem, Clock.currentTimeMillis]).pipe(
    Effect.flatMap(([fs, now]) => fs.utimes(file, now / 1000, now / 1000)),
    Effect.ignoreLogged
  )

/** The files that a server refreshes while it lives. */
interface SignsOfLife {
  readonly show: (alive: string) => Effect.Effect<unknown>
  readonly hide: (alive: string) => Effect.Effect<void>
}

/** Opens the calls of sessions in a data directory. */
export const make = Effect.fnUntraced(function*(dataDir: string) {
  // these two alone: with all that is there, the scope of a session's calls would be this one
  const files = Context.make(FileSystem.FileSystem, yield* FileSystem.FileSystem).pipe(
    Context.add(Path.Path, yield* Path.Path)
  )
  const signsOfLife = yield* Ref.make<ReadonlySet<string>>(new Set())
  const tasks = yield* BackgroundTasks
  const scope = yield* Effect.scope
  const live = yield* WhileFresh.once(
    tasks.run(
      "gateway",
      Effect.flatMap(Ref.get(signsOfLife), Effect.forEach(touch, { discard: true })).pipe(
        Effect.repeat(Schedule.spaced(beat)),
        Effect.provide(files)
      )
    ).pipe(
      // whoever makes the first call may not be
      Effect.interruptible,
      Scope.extend(scope)
    )
  )
  const show = (alive: string) => Effect.zipRight(Ref.update(signsOfLife, (all) => new Set([...all, alive])), live)
  const hide = (alive: string) => Ref.update(signsOfLife, (all) => new Set([...all].filter((one) => one !== alive)))
  return (session: SessionId) => Effect.provide(open(dataDir, session, { show, hide }), files)
})

/** The numbered records in a directory. */
const recordsIn = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const names = yield* Effect.orElseSucceed(fs.readDirectory(directory), () => [])
  return names.filter((name) => name.endsWith(".json"))
})

/** The calls in a session's directory, before a new server shows that it lives. */
const leftIn = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = yield* recordsIn(directory)
  if (names.length === 0) return []
  /** When the previous server ended; unlimited if it left no sign of life. */
  const endedBy = yield* Effect.option(fs.stat(path.join(directory, aliveFile))).pipe(
    Effect.map(Option.flatMap(({ mtime }) => mtime)),
    Effect.map(Option.match({
      onNone: () => Number.POSITIVE_INFINITY,
      onSome: (mtime) => mtime.getTime() + Duration.toMillis(beat)
    }))
  )
  const calls = yield* Effect.forEach(
    names.map((name) => path.join(directory, name)),
    (file) =>
      Effect.orElseSucceed(fs.readFileString(file), () => "").pipe(
        // an empty file belongs to a call that had not gone out
        Effect.map((text) =>
          Option.map(decode(text), ({ id, startedAt, ...call }): LeftCall => ({
            call,
            id,
            seconds: Math.max(0, endedBy - startedAt) / 1000,
            file
          }))
        )
      )
  )
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

const open = Effect.fnUntraced(function*(dataDir: string, session: SessionId, { hide, show }: SignsOfLife) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = path.join(dataDir, "model-calls", session)
  const alive = path.join(directory, aliveFile)
  const names = yield* recordsIn(directory)
  const left = yield* Ref.make<ReadonlyArray<LeftCall>>(yield* leftIn(directory))
  const number = yield* Ref.make(names.reduce((most, name) => Math.max(most, Number.parseInt(name, 10) || 0), 0))

  yield* Effect.addFinalizer(() =>
    hide(alive).pipe(
      Effect.zipRight(recordsIn(directory)),
      // what could not be counted is left to the next one
      Effect.flatMap((names) =>
        Effect.when(fs.remove(directory, { recursive: true, force: true }), () => names.length === 0)
      ),
      Effect.ignoreLogged
    )
  )

  /** A session that makes no call has no directory. */
  const begin = yield* WhileFresh.once(
    fs.makeDirectory(directory, { recursive: true, mode: 0o700 }).pipe(
      Effect.zipRight(fs.writeFileString(alive, "")),
      Effect.zipRight(touch(alive)),
      Effect.zipRight(show(alive)),
      Effect.provideService(FileSystem.FileSystem, fs),
      Effect.ignoreLogged
    )
  )

  const forget = (file: string) => Effect.ignoreLogged(fs.remove(file, { force: true }))

  const takeOver: SessionCalls["takeOver"] = (settle, counted = []) =>
    Effect.flatMap(
      Ref.getAndSet(left, []),
      Effect.forEach(
        ({ call, file, id, seconds }) =>
          id !== undefined && counted.includes(id)
            ? forget(file)
            : Effect.zipRight(settle(call, seconds, id), forget(file)),
        { discard: true }
      )
    )

  /** Whole or not at all. A full disk must not stop the session: a record is lost only if the server is also killed. */
  const write = (file: string, noted: typeof Noted.Type) =>
    Schema.encode(Json)(noted).pipe(
      Effect.flatMap((json) => fs.writeFileString(`${file}.next`, json)),
      Effect.zipRight(fs.rename(`${file}.next`, file)),
      Effect.ignoreLogged
    )

  const note: SessionCalls["note"] = Effect.fnUntraced(function*(call) {
    yield* begin
    const file = path.join(directory, `${yield* Ref.updateAndGet(number, (last) => last + 1)}.json`)
    const startedAt = yield* Clock.currentTimeMillis
    const id = `${startedAt.toString(36)}-${(yield* Random.nextIntBetween(0, 2 ** 32)).toString(36)}`
    yield* write(file, { ...call, id, startedAt })
    return { id, answered: (usage) => write(file, { ...call, id, usage, startedAt }), forget: forget(file) }
  })

  return { note, takeOver } satisfies SessionCalls
})
