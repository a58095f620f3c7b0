/**
 * A session's branch belongs to people, too: they push to it between its turns and in the middle of one, rewrite it, delete
 * it. Actors, git, remote and sandbox are real; the model is a fake.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Sessions } from "../../../src/actors/sessions/Sessions.ts"
import { layerWorking } from "../../../src/App.ts"
import { Agent } from "../../../src/domain/Agent.ts"
import type { SessionId } from "../../../src/domain/Ids.ts"
import { Gateway } from "../../../src/services/gateway/Gateway.ts"
import * as LocalSandbox from "../../../src/services/sandbox/local/LocalSandbox.ts"
import { SandboxRuntime } from "../../../src/services/sandbox/SandboxRuntime.ts"
import * as Database from "../../../src/services/store/Database.ts"
import * as FakeModel from "../../fakes/FakeModel.ts"
import * as FakeScanner from "../../fakes/FakeScanner.ts"
import * as TestRuntime from "../../sandbox/SandboxRuntime.ts"
import * as Git from "../../support/Git.ts"
import { by, create } from "../../support/TestApp.ts"
import { layerConfig } from "../../support/TestConfig.ts"

const runtime = Layer.unwrapEffect(
  Effect.map(
    TestRuntime.SandboxRuntime,
    ({ directory }) => SandboxRuntime.layerFrom({ directory, dockerfile: "/nonexistent" })
  )
).pipe(Layer.provide(TestRuntime.SandboxRuntime.layer))

/** A bare remote, a person's clone of it, and a server whose agent does what the test says. */
const makeWorld = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* Git.temporary
  const seed = yield* Git.repository({ "README.md": "# Hello\n", "a.txt": "a\n" })
  const remote = `${directory}/remote.git`
  yield* Git.git(seed, "clone", "--quiet", "--bare", seed, remote)
  const person = `${directory}/person`
  yield* Git.git(directory, "clone", "--quiet", remote, person)

  const script = `${directory}/agent.sh`
  const config = layerConfig({
    dataDir: `${directory}/data`,
    agent: Option.some(Agent.Command({ line: `sh ${script}` }))
  })
  const server = layerWorking.pipe(
    Layer.provide(LocalSandbox.layerPlain),
    Layer.provide(runtime),
    Layer.provide(Git.layerOn(config)),
    Layer.provide(FakeModel.layer(new FakeModel.FakeModelScript())),
    Layer.provide(FakeScanner.layer(new FakeScanner.FakeScannerScript())),
    Layer.provide(
      Layer.succeed(
        Gateway,
        Gateway.of({
          open: () => Effect.succeed({ directory, lastFailure: Effect.succeedNone }),
          directoryOf: () => Effect.succeed(directory)
        })
      )
    ),
    Layer.provide(Database.layerMemory),
    Layer.provide(config),
    Layer.provide(NodeContext.layer)
  )
  const sessions = yield* Effect.provide(Sessions, yield* Layer.build(Layer.fresh(server)))

  const agent = (lines: string) => fs.writeFileString(script, lines)
  let seen = 0
  /** The events of the running turn, to its end. */
  const turn = Effect.fnUntraced(function*(id: SessionId) {
    const events = [...(yield* Stream.runCollect(sessions.events(id, seen)))]
    seen = events.at(-1)?.id ?? seen
    return { events, end: events.at(-1)?.detail?.["end"], text: events.at(-1)?.data ?? "" }
  })
  return {
    agent,
    begin: Effect.fnUntraced(function*(lines: string) {
      yield* agent(lines)
      return yield* create({ repo: Git.local(remote) }).pipe(Effect.provideService(Sessions, sessions))
    }),
    /** A follow-up, and what comes of it. */
    follow: Effect.fnUntraced(function*(id: SessionId, lines: string) {
      yield* agent(lines)
      yield* sessions.message(id, "go on", by)
      return yield* turn(id)
    }),
    turn,
    sessions,
    remote,
    go: fs.writeFileString(`${directory}/go`, ""),
    untilGo: `echo waiting; until [ -e ${directory}/go ]; do sleep 0.05; done`,
    /** A person commits on the branch as it is at the remote, and pushes. */
    push: Effect.fnUntraced(function*(id: SessionId, files: Readonly<Record<string, string>>) {
      yield* Git.git(person, "fetch", "--quiet", "--prune")
      yield* Git.git(person, "checkout", "--quiet", "-B", "mine", `origin/opentl/${id}`)
      const commit = yield* Git.commit(person, files, "A person's commit")
      yield* Git.git(person, "push", "--quiet", "origin", `HEAD:refs/heads/opentl/${id}`)
      return commit
    }),
    log: (id: SessionId) => Git.git(remote, "log", "--format=%an: %s", `main..opentl/${id}`),
    show: (id: SessionId, file: string) => Git.git(remote, "show", `opentl/${id}:${file}`)
  }
})

const told = (events: ReadonlyArray<{ readonly data: string }>, words: string) =>
  events.filter((event) => event.data.includes(words)).map((event) => event.data)

const live = <E>(name: string, test: Effect.Effect<void, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.provide(test, NodeContext.layer))

describe("a session's branch", () => {
  live(
    "takes in what people pushed between two turns; all that the session pushes is its own",
    Effect.gen(function*() {
      const world = yield* makeWorld
      const id = yield* world.begin(
        "echo ours > ours.txt; git add -A\n" +
          "git -c user.name='Linus Torvalds' -c user.email=t@example.org commit -qm 'closes #2 @everyone'"
      )
      assert.strictEqual((yield* world.turn(id)).end, "complete")
      assert.strictEqual(yield* world.log(id), "OpenTL: Fix it")
      const raw = yield* Git.git(world.remote, "cat-file", "commit", `opentl/${id}`)
      assert.notInclude(raw, "Linus")
      assert.include(raw, `> closes # 2 @ everyone\n\nSession: ${id}\nRequested-by: ada (http)`)

      yield* world.push(id, { "theirs.txt": "theirs\n" })
      const second = yield* world.follow(id, "cat ours.txt theirs.txt; echo two > two.txt")
      assert.deepStrictEqual(told(second.events, "taken in"), [
        `1 commit by A Person on opentl/${id} taken in: the turn starts from ${
          (yield* Git.commitOf(world.remote, `opentl/${id}~1`)).slice(0, 12)
        }`
      ])
      assert.includeMembers(second.events.map((event) => event.data), ["ours", "theirs"])
      assert.strictEqual(second.end, "complete")
      assert.strictEqual(yield* world.log(id), "OpenTL: Fix it\nA Person: A person's commit\nOpenTL: Fix it")

      yield* Git.git(world.remote, "branch", "--delete", "--force", `opentl/${id}`)
      const third = yield* world.follow(id, "echo three > three.txt")
      assert.strictEqual(told(third.events, "was deleted at the remote").length, 1)
      assert.strictEqual(third.end, "complete")
      assert.strictEqual(yield* world.show(id, "theirs.txt"), "theirs")
      assert.strictEqual(yield* world.show(id, "three.txt"), "three")
    })
  )

  live(
    "is not overwritten when people push in the middle of a turn; a message takes their commits in, and nothing is lost",
    Effect.gen(function*() {
      const world = yield* makeWorld
      const id = yield* world.begin("echo one > ours.txt")
      yield* world.turn(id)
      yield* world.agent(`echo two > ours.txt; echo new > new.txt; ${world.untilGo}`)
      yield* world.sessions.message(id, "more", by)
      const running = yield* Effect.fork(world.turn(id))
      yield* world.sessions.events(id, 0).pipe(
        Stream.takeUntil((event) => event.data === "waiting"),
        Stream.runDrain
      )
      const theirs = yield* world.push(id, { "ours.txt": "theirs\n" })
      yield* world.go
      const failed = yield* Fiber.join(running)
      assert.strictEqual(failed.end, "error")
      assert.include(failed.text, "Send the session a message, and its next turn will include them")
      assert.strictEqual(yield* Git.commitOf(world.remote, `opentl/${id}`), theirs)

      const next = yield* world.follow(
        id,
        "grep -c 'conflicts with the branch' \"$OPENTL_PROMPT_FILE\"; cat ours.txt; echo both > ours.txt"
      )
      assert.strictEqual(told(next.events, "1 commit by A Person").length, 1)
      assert.strictEqual(told(next.events, "conflicts with the branch's present state, in: ours.txt").length, 1)
      assert.includeMembers(next.events.map((event) => event.data), ["1", "theirs", "two"])
      assert.strictEqual(next.end, "complete")
      assert.strictEqual(yield* world.log(id), "OpenTL: Fix it\nA Person: A person's commit\nOpenTL: Fix it")
      assert.strictEqual(yield* world.show(id, "ours.txt"), "both")
      assert.strictEqual(yield* world.show(id, "new.txt"), "new")
    })
  )

  live(
    "is taken as people rewrote it; work that was not pushed comes along without anybody doing it again",
    Effect.gen(function*() {
      const world = yield* makeWorld
      const id = yield* world.begin("echo one > one.txt")
      yield* world.turn(id)
      const failed = yield* world.follow(id, "echo two > two.txt; exit 3")
      assert.strictEqual(failed.end, "error")
      yield* Git.git(world.remote, "update-ref", `refs/heads/opentl/${id}`, "main")
      const theirs = yield* world.push(id, { "theirs.txt": "theirs\n" })
      const next = yield* world.follow(id, "true")
      assert.strictEqual(told(next.events, "was rewritten at the remote").length, 1)
      assert.strictEqual(next.end, "complete")
      assert.strictEqual(
        yield* Git.git(world.remote, "diff", "--name-status", theirs, `opentl/${id}`),
        "A\ttwo.txt"
      )
      assert.strictEqual(yield* world.log(id), "OpenTL: Fix it\nA Person: A person's commit")
    })
  )
})
