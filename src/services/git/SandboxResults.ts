/**
 * Imports commits from a sandbox. Only the files of its newest commit are used: they become one commit of ours on top of the
 * turn's start, which is imported into the mirror, object by object.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionId } from "../../domain/Ids.ts"
import * as BegunImports from "./BegunImports.ts"
import type { Mirror } from "./GitMirror.ts"
import type { ResultCommit } from "./Repositories.ts"
import * as ResultQuarantine from "./ResultQuarantine.ts"
import * as ResultTransfer from "./ResultTransfer.ts"

/** The reference for the session's work. Nothing else moves it, and objects reachable from it are kept. */
export const workRef = (session: SessionId): string => `refs/opentl/${session}/work`

export const make = Effect.gen(function*() {
  const begun = yield* BegunImports.make<ResultQuarantine.Inspected>()
  const inspect = yield* ResultQuarantine.make
  const move = yield* ResultTransfer.make

  return {
    inspect,
    /** Has a bundle inspected in the background, for an import that may follow within a minute. */
    begin: begun.begin,
    importFrom: Effect.fnUntraced(
      function*(mirror: Mirror, bundle: string, result: ResultCommit) {
        const { author, date, message, session, start } = result
        const known = yield* begun.take(bundle, result)
        const { directory, hasChanged, isKnown, messages, parent, tip } = Option.isSome(known)
          ? known.value
          : yield* inspect(mirror, bundle, result)
        if (!hasChanged) return start
        if (isKnown) return parent
        const ref = workRef(session)
        const transfer = { tip, parent, author, date, message: yield* message(messages, parent), ref }
        return yield* ResultQuarantine.refusing(move(directory, mirror, transfer))
      },
      Effect.scoped
    )
  }
})
