import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as HashSet from "effect/HashSet"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { type RunId, Sandbox, type SessionId } from "../../src/index.ts"

/** Runs nothing: every task is answered with a sentence, and no file is changed. */
export const layerAnswering = Layer.effect(
  Sandbox,
  Effect.gen(function*() {
    const runs = yield* Ref.make(HashSet.empty<RunId>())
    const removeRuns = (session: SessionId) =>
      Ref.update(runs, HashSet.filter(({ sessionId }) => sessionId !== session))

    return Sandbox.of({
      kind: "answering",
      identity: Effect.succeed("answering"),
      check: Effect.void,
      hasRepository: () => Effect.succeed(false),
      start: ({ run }) => Ref.update(runs, HashSet.add(Data.struct(run))),
      exists: (run) => Effect.map(Ref.get(runs), HashSet.has(Data.struct(run))),
      output: () => Stream.encodeText(Stream.make("looking at the task\n")),
      watch: () => Effect.never,
      exit: () => Effect.succeed({ code: 0, reason: undefined }),
      answer: () => Effect.succeed("Nothing has to be done."),
      checkReport: () => Effect.succeed(""),
      bundle: () => Effect.succeedNone,
      prepare: () => Effect.void,
      stop: () => Effect.void,
      removeRuns,
      removeWorkspace: removeRuns,
      removeIdleWorkspace: (session) => Effect.as(removeRuns(session), true),
      sessionsWithRuns: Effect.map(Ref.get(runs), (runs) => [...new Set(Array.from(runs, (run) => run.sessionId))]),
      sessionsWithWorkspaces: Effect.succeed([])
    })
  })
)
