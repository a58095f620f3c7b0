/** A repository may be named by its address, on github.com and on the configured server; stored and found is its name. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { parseReference } from "../../../src/domain/Repository.ts"
import { create, withServer } from "../../support/TestApp.ts"
import { testConfig } from "../../support/TestConfig.ts"

const enterprise = { github: { ...testConfig.github, serverUrl: "https://github.corp.test" } }
const reference = (text: string) => Either.getOrThrow(parseReference(text))

describe("a repository's address", () => {
  it.effect("opens a session on the repository that it leads to, which is found by any of its spellings", () =>
    withServer(() =>
      Effect.gen(function*() {
        const sessions = yield* Sessions
        const id = yield* create({ repo: reference("git@github.corp.test:acme/widgets.git") })
        assert.strictEqual((yield* sessions.get(id)).repo, "acme/widgets")
        for (const repo of ["acme/widgets", "https://github.corp.test/acme/widgets", "git@github.com:acme/widgets"]) {
          const { sessions: found } = yield* sessions.list({ repo, limit: 5 })
          assert.deepStrictEqual(found.map((session) => session.id), [id], repo)
        }
        assert.isEmpty((yield* sessions.list({ repo: "https://gitlab.com/acme/widgets", limit: 5 })).sessions)
      }), enterprise))

  it.effect("on another server is refused with what is accepted, and opens nothing", () =>
    withServer(() =>
      Effect.gen(function*() {
        const refused = yield* Effect.flip(create({ repo: reference("https://gitlab.com/acme/widgets") }))
        assert.strictEqual(refused._tag, "InvalidRequest")
        assert.match(
          refused.message,
          /^repo: "https:\/\/gitlab\.com\/acme\/widgets" is not on https:\/\/github\.corp\.test: give owner\/name/
        )
        assert.isEmpty((yield* (yield* Sessions).list({ limit: 5 })).sessions)
      }), enterprise))
})
