/** Whom git takes the agent for: who the round says, and with what else an earlier round has configured. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { makeSession } from "./SessionWorkspace.ts"

const readme = { "README.md": "# Hello\n" }
const told = "git config user.name; git config user.email; git config alias.mine || true"

layer(SandboxRuntime.layer, { excludeTestServices: true })("the author of a round", (it) => {
  it.scoped("is in git's configuration, whatever signs are in the name", () =>
    Effect.gen(function*() {
      const session = yield* makeSession(readme)
      const name = "Ann \"Q\" \\ O'Neil; # $HOME ü"
      const { lines } = yield* session.round(told, {
        env: { OPENTL_AUTHOR_NAME: name, OPENTL_AUTHOR_EMAIL: "a+b@c.d" }
      })
      assert.deepStrictEqual(lines.slice(2, 4), [name, "a+b@c.d"])
    }))

  it.scoped("takes the place of the one before, and of what the agent has made of it; the rest stays", () =>
    Effect.gen(function*() {
      const session = yield* makeSession(readme)
      yield* session.round("git config --global alias.mine status; git config --global user.name Mallory")
      const again = yield* session.round(told)
      assert.deepStrictEqual(again.lines.slice(2, 5), ["OpenTL Agent", "agent@example.org", "status"])
      yield* session.round("git config --global --unset user.name; git config --global --unset user.email")
      const unset = yield* session.round(told)
      assert.deepStrictEqual(unset.lines.slice(2, 5), ["OpenTL Agent", "agent@example.org", "status"])
      const other = yield* session.round(told, { env: { OPENTL_AUTHOR_NAME: "Bob" } })
      assert.deepStrictEqual(other.lines.slice(2, 5), ["Bob", "agent@example.org", "status"])
    }))
})
