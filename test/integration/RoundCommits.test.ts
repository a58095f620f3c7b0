/**
 * The built program with `OPENTL_COMMITS=rounds`, on real git: each round is a commit on the one before, and none that is
 * pushed has a secret in it, also not one that a later round takes out again.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Git from "../support/Git.ts"
import * as Program from "../support/Program.ts"

const key = ["ghp", "16C7e42F292c6912E7710c838347Ae178B4a"].join("_")

/** What the agent of each turn does in each round, as shell lines. */
type Rounds = Readonly<Record<string, string>>

const agentOf = (rounds: Rounds) =>
  `case $OPENTL_TURN-$OPENTL_ROUND in ${
    Object.entries(rounds).map(([at, lines]) => `${at}) ${lines};;`).join(" ")
  } esac`

/** The check fails while there is a file `broken`. */
const repository = Git.repository({
  "README.md": "# app\n",
  ".opentl/config.yml": "verify:\n  - name: test\n    run: test ! -e broken\n"
})

const world = Effect.fnUntraced(function*(rounds: Rounds, more: Readonly<Record<string, string>> = {}) {
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-rounds-" })
  const origin = yield* repository
  const environment = {
    OPENTL_DATA_DIR: dataDir,
    OPENTL_SANDBOX: "local",
    OPENTL_COMMITS: "rounds",
    OPENTL_AGENT: `command:${agentOf(rounds)}`,
    ...more
  }
  yield* Program.tidy(environment)
  return { environment, origin }
})

const Detail = Schema.Struct({ _tag: Schema.String, commit: Schema.optional(Schema.String) })
const isDetail = Schema.is(Detail)

/** The newest commit that an event of this kind names. */
const commitOf = (events: ReadonlyArray<Program.EventJson>, tag: string) =>
  events.flatMap(({ detail }) => isDetail(detail) && detail._tag === tag ? [detail.commit] : []).at(-1)

const endOf = (events: ReadonlyArray<Program.EventJson>) => events.at(-1)?.detail?.["end"]

const all = (server: Program.Server, id: string, after = 0) =>
  Effect.map(Stream.runCollect(server.events(id, after)), (events) => [...events])

/** The subjects of the commits on the session's branch, oldest first. */
const subjects = (origin: string, id: string) =>
  Effect.map(
    Git.git(origin, "log", "--reverse", "--format=%s", `main..opentl/${id}`),
    (text) => text.split("\n")
  )

const task = (origin: string) => ({ repo: origin, prompt: "Add the feature" })

/** A session to its end, which is a good one. */
const completed = Effect.fnUntraced(function*(environment: Readonly<Record<string, string>>, origin: string) {
  const server = yield* Program.serve(environment)
  const id = yield* server.create(task(origin))
  const events = yield* all(server, id)
  assert.strictEqual(endOf(events), "complete")
  return { events, id }
})

const live = <A, E>(effect: Effect.Effect<A, E, NodeContext.NodeContext>) => Effect.provide(effect, NodeContext.layer)

const mended = { "1-1": "echo 1 > feature; touch broken", "1-2": "rm broken; echo 2 >> feature" }

describe("a turn whose rounds are commits", () => {
  it.live("is pushed as one commit a round, with what it answers; the last is the verified, reviewed and pushed one", () =>
    Effect.gen(function*() {
      const { environment, origin } = yield* world(mended, { OPENTL_IDENTITIES: "local=github:ada-l" })
      const { events, id } = yield* completed(environment, origin)
      assert.deepStrictEqual(yield* subjects(origin, id), [
        "Add the feature",
        "fix: make failed checks pass (test)"
      ])
      const tip = yield* Git.commitOf(origin, `opentl/${id}`)
      assert.deepStrictEqual(
        ["VerifyHeld", "ReviewHeld", "BranchPushed"].map((tag) => commitOf(events, tag)),
        [tip, tip, tip]
      )
      assert.strictEqual(yield* Git.git(origin, "show", `${tip}~:broken`), "")
      assert.strictEqual(yield* Git.git(origin, "show", `${tip}:feature`), "1\n2")
      const bodies = yield* Git.git(origin, "log", "--format=%b", `main..${tip}`)
      assert.strictEqual(bodies.match(new RegExp(`^Session: ${id}$`, "gm"))?.length, 2)
      assert.include(bodies, "- test ! -e broken\n\nSession:")
    }).pipe(Effect.scoped, live))

  it.live("never has a secret in any commit: the round that had one is one commit with the next, and it is said", () =>
    Effect.gen(function*() {
      const { environment, origin } = yield* world({
        "1-1": "echo 1 > feature; touch broken",
        "1-2": `rm broken; echo 'token = "${key}"' > settings; echo 2 >> feature`,
        "1-3": "rm settings; echo 3 >> feature"
      })
      const { events, id } = yield* completed(environment, origin)
      assert.deepStrictEqual(yield* subjects(origin, id), [
        "Add the feature",
        "fix: make failed checks pass (test)"
      ])
      assert.notInclude(yield* Git.git(origin, "log", "-p", "--all"), key)
      assert.isTrue(
        events.some(({ data }) => data.includes("one commit with the round before: the gate found a secret"))
      )
      assert.strictEqual(yield* Git.git(origin, "show", `opentl/${id}:feature`), "1\n2\n3")
    }).pipe(Effect.scoped, live))

  it.live("goes on after a kill with the same commits, and a later turn on what a person pushed", () =>
    Effect.gen(function*() {
      const { environment, origin } = yield* world({
        ...mended,
        "1-2": "for i in $(seq 1 30); do echo working; sleep 0.1; done; rm broken; echo 2 >> feature",
        "2-1": "echo 3 >> feature; touch broken",
        "2-2": "rm broken"
      })
      const first = yield* Program.serve(environment)
      const id = yield* first.create(task(origin))
      yield* first.events(id).pipe(Stream.takeUntil(({ data }) => data === "working"), Stream.runDrain)
      yield* first.kill("SIGKILL")
      yield* first.ended
      const second = yield* Program.serve(environment)
      const events = yield* all(second, id)
      const [one = "", two] = yield* subjects(origin, id)
      assert.deepStrictEqual([one, two], ["Add the feature", "fix: make failed checks pass (test)"])
      const clone = `${yield* Git.temporary}/clone`
      yield* Git.git("/", "clone", "--quiet", "--branch", `opentl/${id}`, origin, clone)
      const theirs = yield* Git.commit(clone, { "note.txt": "mine\n" }, "A person's note")
      yield* Git.git(clone, "push", "--quiet", "origin", `opentl/${id}`)
      yield* second.post(`/api/sessions/${id}/messages`, { text: "Add the rest" })
      const later = yield* all(second, id, events.length)
      assert.strictEqual(endOf(later), "complete")
      assert.deepStrictEqual(yield* subjects(origin, id), [
        one,
        two,
        "A person's note",
        "Add the rest",
        "fix: make failed checks pass (test)"
      ])
      assert.strictEqual(yield* Git.commitOf(origin, `opentl/${id}~2`), theirs)
    }).pipe(Effect.scoped, live))
})

describe("a turn by default", () => {
  it.live("is pushed as one commit", () =>
    Effect.gen(function*() {
      const { environment, origin } = yield* world(mended, { OPENTL_COMMITS: "squash" })
      const { id } = yield* completed(environment, origin)
      assert.deepStrictEqual(yield* subjects(origin, id), ["Add the feature"])
    }).pipe(Effect.scoped, live))
})
