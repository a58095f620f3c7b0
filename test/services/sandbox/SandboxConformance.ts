/**
 * What holds for every kind of sandbox. A subject is one data directory on which "servers" are opened one after another:
 * what runs in the sandbox outlives them.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as GatewayServer from "../../../src/services/gateway/GatewayServer.ts"
import { type Declare, declareOn, type MakeSubject, processesWith, text } from "./SandboxSession.ts"

/** Shell that waits for a file which the host puts into the gateway's directory. */
const awaitFile = (name: string) => `until [ -e "\${OPENTL_GATEWAY_SOCKET%/*}/${name}" ]; do sleep 0.05; done`

export const conformance = <E, R>(declare: Declare<R>, makeSubject: MakeSubject<E, R>) => {
  const test = declareOn(declare, makeSubject)

  test(
    "a repository goes in, commits and an answer come out",
    ({ runAgent, sandbox, session, takeBundle }, subject) =>
      Effect.gen(function*() {
        assert.isFalse(yield* sandbox.hasRepository(session))
        const { exit, output, run } = yield* runAgent(
          1,
          `echo working; echo bye >hello.txt; echo Done. >"$OPENTL_ANSWER_FILE"`
        )
        assert.deepStrictEqual(exit, { code: 0, reason: undefined })
        assert.include(output, "\nworking\n")
        assert.include(output, `###OPENTL_DONE### opentl/${session}\n`)
        assert.strictEqual(yield* sandbox.answer(run), "Done.\n")
        const log = yield* Effect.scoped(
          Effect.flatMap(sandbox.bundle(run), (bundle) => takeBundle(Option.getOrThrow(bundle)))
        )
        assert.match(log, /^Change the greeting\n/)
        assert.include(log, "-hello\n+bye")
        const fs = yield* FileSystem.FileSystem
        const temporary = `${subject.dataDir}/tmp`
        assert.deepStrictEqual((yield* fs.exists(temporary)) ? yield* fs.readDirectory(temporary) : [], [])
      })
  )

  test("a second round goes on in the same workspace", ({ runAgent, sandbox, session, takeBundle }) =>
    Effect.gen(function*() {
      yield* runAgent(1, "echo bye >hello.txt; echo secret >../home/kept")
      yield* sandbox.removeRuns(session)
      assert.isTrue(yield* sandbox.hasRepository(session))
      const { output, run } = yield* runAgent(2, "cat ../home/kept; echo again >>hello.txt")
      assert.include(output, "\nsecret\n")
      const bundle = yield* sandbox.bundle(run)
      assert.include(yield* takeBundle(Option.getOrThrow(bundle)), "+again")
    }))

  test("no change is no bundle, and an agent's exit code is its own", ({ runAgent, sandbox }) =>
    Effect.gen(function*() {
      const { exit, run } = yield* runAgent(1, "exit 3")
      assert.deepStrictEqual(exit, { code: 3, reason: undefined })
      assert.deepStrictEqual([yield* sandbox.answer(run), yield* sandbox.bundle(run)], ["", Option.none()])
    }))

  test(
    "another server follows a run on from its first byte",
    ({ gatewayDirectory, outputOf, round, sandbox, session, specOf }, subject) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const run = round(1)
        yield* Effect.scoped(Effect.gen(function*() {
          const first = yield* subject.open
          yield* first.start(specOf(run, `echo before; ${awaitFile("go")}; echo after; echo bye >hello.txt`))
          const seen = first.output(run).pipe(
            Stream.decodeText(),
            Stream.splitLines,
            Stream.takeUntil((line) => line === "before")
          )
          yield* Stream.runDrain(seen)
        }))
        assert.isTrue(yield* sandbox.exists(run))
        assert.deepStrictEqual(yield* sandbox.sessionsWithRuns, [session])
        const second = yield* subject.open
        yield* second.start(specOf(run, "echo another run"))
        const output = yield* Effect.fork(outputOf(run, second))
        yield* fs.writeFileString(`${gatewayDirectory}/go`, "")
        const all = yield* Fiber.join(output)
        assert.match(all, /Cloning repository[\s\S]*\nbefore\nafter\n/)
        assert.notInclude(all, "another run")
        assert.strictEqual(all, yield* outputOf(run))
        assert.strictEqual((yield* second.exit(run)).code, 0)
        assert.isTrue(Option.isSome(yield* second.bundle(run)))
      })
  )

  test("removing a session's runs kills them, their children too", ({ outputOf, round, sandbox, session, specOf }) =>
    Effect.gen(function*() {
      const run = round(1)
      const nap = `1000.${Number.parseInt(session, 16)}`
      yield* sandbox.start(specOf(run, `(setsid sleep ${nap} &) ; echo started; exec sleep ${nap}`))
      const output = yield* Effect.fork(outputOf(run))
      const exit = yield* Effect.fork(sandbox.exit(run))
      yield* sandbox.output(run).pipe(
        Stream.decodeText(),
        Stream.splitLines,
        Stream.takeUntil((line) => line === "started"),
        Stream.runDrain
      )
      yield* sandbox.removeRuns(session)
      assert.deepStrictEqual(yield* processesWith(nap), [])
      assert.strictEqual((yield* Fiber.join(exit)).reason, "killed")
      assert.include(yield* Fiber.join(output), "\nstarted\n")
      assert.isFalse(yield* sandbox.exists(run))
      assert.deepStrictEqual(yield* sandbox.sessionsWithRuns, [])
      yield* sandbox.removeRuns(session)
    }))

  test("started twice at once is one run", ({ outputOf, round, sandbox, specOf }) =>
    Effect.gen(function*() {
      const run = round(1)
      const spec = specOf(run, "echo working")
      yield* Effect.all([sandbox.start(spec), sandbox.start(spec)], { concurrency: 2 })
      yield* sandbox.start(spec)
      assert.strictEqual((yield* outputOf(run)).split("\nworking\n").length, 2)
      yield* sandbox.start(spec)
      assert.strictEqual((yield* outputOf(run)).split("\nworking\n").length, 2)
    }))

  test("a line of 1 MB and 100 000 lines come out whole and in order", ({ runAgent }) =>
    Effect.gen(function*() {
      const { output } = yield* runAgent(1, "head -c 1048576 /dev/zero | tr '\\0' x; echo; seq 100000; seq 3 >&2")
      const lines = output.split("\n")
      const first = lines.indexOf("x".repeat(1048576)) + 1
      assert.notStrictEqual(first, 0)
      assert.isTrue(lines.slice(first, first + 100_000).every((line, index) => line === `${index + 1}`))
      assert.deepStrictEqual(lines.slice(first + 100_000, first + 100_003), ["1", "2", "3"])
    }))

  test("nothing is read or written through a link that a run left", ({ runAgent, sandbox, specOf, round, outputOf }) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const outside = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFileString(`${outside}/answer.md`, "the host's")
      const { run } = yield* runAgent(
        1,
        `cd ..; rm -rf in "$OPENTL_ANSWER_FILE"; ln -s ${outside} in; ln -s ${outside}/answer.md "$OPENTL_ANSWER_FILE"`
      )
      assert.strictEqual(yield* sandbox.answer(run), "")
      const next = round(2)
      yield* sandbox.start(specOf(next, "ls -A ../in; cat ../in/prompt.md"))
      assert.include(yield* outputOf(next), "commit-message.txt\nprompt.md\nChange the greeting.")
      assert.deepStrictEqual(yield* fs.readDirectory(outside), ["answer.md"])
    }))

  test("an answer is cut at its limit, between characters", ({ runAgent, sandbox }) =>
    Effect.gen(function*() {
      const { run } = yield* runAgent(1, `yes €€ | head -n 50000 >"$OPENTL_ANSWER_FILE"`)
      const answer = yield* sandbox.answer(run)
      assert.strictEqual(answer, "€€\n".repeat(50_000).slice(0, answer.length))
      assert.closeTo(new TextEncoder().encode(answer).length, 200_000, 2)
    }))

  test("what is not there is said to be not there", ({ round, sandbox, session, specOf }) =>
    Effect.gen(function*() {
      const run = round(7)
      assert.isFalse(yield* sandbox.exists(run))
      const failures = [
        yield* Effect.flip(Stream.runDrain(sandbox.output(run))),
        yield* Effect.flip(sandbox.exit(run)),
        yield* Effect.flip(sandbox.answer(run)),
        yield* Effect.flip(Effect.scoped(sandbox.bundle(run)))
      ]
      assert.isTrue(failures.every((failure) => failure._tag === "SandboxError"))
      yield* sandbox.removeWorkspace(session)
      const outside = { ...specOf(run, "true"), inputs: [text("in/../../escaped", "x")] }
      assert.include((yield* Effect.flip(sandbox.start(outside))).message, "in/../../escaped")
    }))

  test("a run that is stopped is asked first, and its workspace stays", ({ round, runAgent, sandbox, session, specOf }) =>
    Effect.gen(function*() {
      const run = round(1)
      yield* sandbox.stop(run) // there is none
      const agent = "trap 'sleep 1; echo asked >../home/kept; exit' TERM; echo ready; while :; do sleep 0.1; done"
      yield* sandbox.start(specOf(run, agent))
      yield* sandbox.output(run).pipe(
        Stream.decodeText(),
        Stream.splitLines,
        Stream.takeUntil((line) => line === "ready"),
        Stream.runDrain
      )
      yield* sandbox.stop(run)
      assert.notStrictEqual((yield* sandbox.exit(run)).code, 0)
      assert.isTrue(yield* sandbox.exists(run))
      yield* sandbox.stop(run) // it has ended
      yield* sandbox.removeRuns(session)
      assert.include((yield* runAgent(2, "cat ../home/kept")).output, "\nasked\n")
    }))

  test("removing a workspace leaves nothing", ({ runAgent, sandbox, session }) =>
    Effect.gen(function*() {
      yield* runAgent(1, "mkdir -p locked/inner; touch locked/inner/file; chmod -R a-w locked")
      yield* sandbox.removeWorkspace(session)
      assert.isFalse(yield* sandbox.hasRepository(session))
      assert.deepStrictEqual(yield* sandbox.sessionsWithRuns, [])
    }))

  test("the gateway is reached from inside, also when another server has opened it anew", ({ gatewayDirectory, outputOf, round, sandbox, specOf }) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const socket = `${gatewayDirectory}/gateway.sock`
      const server = (name: string) =>
        GatewayServer.serve(socket, {
          request: ({ url }) => Effect.succeed(GatewayServer.text(200, "text/plain", `${name} ${url}`)),
          connect: () => Effect.void
        }, { maxConnections: 10, keepAliveMillis: 1000 }).pipe(Effect.andThen(fs.chmod(socket, 0o666)))
      const ask = "node -e 'fetch(process.env.ANTHROPIC_BASE_URL + \"/x\").then((r) => r.text()).then(console.log)'"
      const run = round(1)
      yield* Effect.scoped(Effect.gen(function*() {
        yield* server("first")
        yield* sandbox.start(specOf(run, `${ask}; ${awaitFile("go")}; ${ask}`))
        yield* sandbox.output(run).pipe(
          Stream.decodeText(),
          Stream.splitLines,
          Stream.takeUntil((line) => line === "first /anthropic/x"),
          Stream.runDrain
        )
      }))
      yield* server("second")
      yield* fs.writeFileString(`${gatewayDirectory}/go`, "")
      assert.include(yield* outputOf(run), "\nfirst /anthropic/x\nsecond /anthropic/x\n")
    }))

  test("can start", ({ sandbox }) => Effect.asVoid(sandbox.check))
}
