import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { parseRepository, Sessions } from "../../src/index.ts"

/** Gives a task, prints what happens, and returns how the session stands at its end. */
export const task = (repo: string, prompt: string) =>
  Effect.gen(function*() {
    const sessions = yield* Sessions
    const { session } = yield* sessions.create(
      { repo: yield* parseRepository(repo), prompt },
      { by: { name: "ada", via: "library" }, trustLocalPaths: true, trustCommands: true }
    )
    yield* sessions.events(session.id, 0).pipe(
      Stream.runForEach(({ data, id, type }) => Console.log(`${id} ${type}: ${data}`))
    )
    return yield* sessions.get(session.id)
  })
