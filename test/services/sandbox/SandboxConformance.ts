/**
 * What holds for every kind of sandbox. A subject is one data directory on which "servers" are opened one after another:
 * what runs in the sandbox outlives them.
 */
import type * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert } from "@effect/vitest"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { branchOf, SessionId } from "../../../src/domain/Ids.ts"
import * as GatewayServer from "../../../src/services/gateway/GatewayServer.ts"
import type { InputFile, RunId, RunSpec, Sandbox, SandboxUnavailable } from "../../../src/services/sandbox/Sandbox.ts"
import { run as runProcess } from "../../sandbox/Processes.ts"

export interface Subject {
  readonly dataDir: string
  /** A server's own instance of the sandbox. */
  readonly open: Effect.Effect<Context.Tag.Service<Sandbox>, SandboxUnavailable, Scope.Scope>
}

type Needs = NodeContext.NodeContext | Scope.Scope

/** Declares one test, whose context has what `R` names beside the usual. */
export type Declare<R = never> = <E>(name: string, test: () => Effect.Effect<void, E, Needs | R>) => void

const gitEnvironment = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.org",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.org"
}

/** A repository of one commit, outside. */
const makeOrigin = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "origin-" })
  const git = (...args: ReadonlyArray<string>) =>
    Effect.map(runProcess("git", args, { cwd: directory, env: gitEnvironment }), ({ output }) => output.trimEnd())
  yield* fs.writeFileString(`${directory}/hello.txt`, "hello\n")
  yield* git("init", "-q", "-b", "main")
  yield* git("add", "-A")
  yield* git("commit", "-q", "-m", "first")
  yield* git("bundle", "create", "-q", `${directory}/repository.bundle`, "main")
  return { git, bundle: `${directory}/repository.bundle`, commit: yield* git("rev-parse", "HEAD") }
})

/** 12 digits that no other test has. */
export const newSession = Effect.map(
  Effect.replicateEffect(Random.nextIntBetween(0, 16), 12),
  (digits) => SessionId.make(digits.map((digit) => digit.toString(16)).join(""))
)

/** The numbers of the host's live processes one of whose arguments is `text`; those in containers are among them. */
export const processesWith = Effect.fn("processesWith")(function*(text: string) {
  const fs = yield* FileSystem.FileSystem
  const pids = (yield* fs.readDirectory("/proc")).filter((pid) => /^\d+$/.test(pid))
  return yield* Effect.filter(pids, (pid) =>
    fs.readFileString(`/proc/${pid}/cmdline`).pipe(
      Effect.map((line) => line.split("\0").includes(text)),
      Effect.orElseSucceed(() => false)
    ))
})

/** A session in a sandbox, removed with everything that it left when the test ends. */
export const makeSession = Effect.fn("makeSession")(function*(subject: Subject) {
  const fs = yield* FileSystem.FileSystem
  const origin = yield* makeOrigin
  const session = yield* newSession
  const sandbox = yield* subject.open
  const gatewayDirectory = yield* fs.makeTempDirectoryScoped({ prefix: "gw-" })
  // the user inside is another one
  yield* fs.chmod(gatewayDirectory, 0o755)
  yield* Effect.addFinalizer(() => Effect.orDie(sandbox.removeWorkspace(session)))

  const round = (number: number): RunId => ({ sessionId: session, turn: 1, round: number })

  const specOf = (run: RunId, agent: string, options: { readonly start?: string } = {}): RunSpec => ({
    run,
    gatewayDirectory,
    environment: {
      OPENTL_SESSION: session,
      OPENTL_TURN: `${run.turn}`,
      OPENTL_ROUND: `${run.round}`,
      OPENTL_BRANCH: branchOf(session),
      OPENTL_START_COMMIT: options.start ?? origin.commit,
      OPENTL_AGENT: "command",
      OPENTL_AGENT_COMMAND: agent
    },
    inputs: [
      text("in/prompt.md", "Change the greeting."),
      text("in/commit-message.txt", "Change the greeting\n"),
      ...(run.round === 1
        ? [{ path: "in/repository.bundle", content: { _tag: "File", path: origin.bundle } } as const]
        : [])
    ]
  })

  const outputOf = (run: RunId, from = sandbox) => from.output(run).pipe(Stream.decodeText(), Stream.mkString)

  /** Runs an agent to its end. */
  const runAgent = Effect.fn("runAgent")(function*(number: number, agent: string) {
    const run = round(number)
    yield* sandbox.start(specOf(run, agent))
    const output = yield* outputOf(run)
    return { run, output, exit: yield* sandbox.exit(run) }
  })

  /** Takes a result's commits into the origin, and shows them. */
  const takeBundle = (bundle: string) =>
    origin.git("fetch", "-q", bundle, `+refs/heads/${branchOf(session)}:refs/heads/result`).pipe(
      Effect.andThen(origin.git("log", "-p", "--format=%s", "main..result"))
    )

  return { sandbox, session, origin, gatewayDirectory, round, specOf, outputOf, runAgent, takeBundle }
})

const text = (path: string, text: string): InputFile => ({ path, content: { _tag: "Text", text } })

/** Shell that waits for a file which the host puts into the gateway's directory. */
const awaitFile = (name: string) => `until [ -e "\${OPENTL_GATEWAY_SOCKET%/*}/${name}" ]; do sleep 0.05; done`

export const conformance = <E, R>(declare: Declare<R>, makeSubject: Effect.Effect<Subject, E, Needs | R>) => {
  const test = <E2>(
    name: string,
    body: (
      session: Effect.Effect.Success<ReturnType<typeof makeSession>>,
      subject: Subject
    ) => Effect.Effect<void, E2, Needs>
  ) =>
    declare(name, () =>
      Effect.gen(function*() {
        const subject = yield* makeSubject
        yield* body(yield* makeSession(subject), subject)
      }))

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
        const { answer, bundle } = yield* sandbox.result(run)
        assert.strictEqual(answer, "Done.\n")
        // where the next start sweeps what a killed server leaves
        assert.isTrue(Option.getOrThrow(bundle).startsWith(`${subject.dataDir}/tmp/`))
        const log = yield* takeBundle(Option.getOrThrow(bundle))
        assert.match(log, /^Change the greeting\n/)
        assert.include(log, "-hello\n+bye")
      })
  )

  test("a second round goes on in the same workspace", ({ runAgent, sandbox, session, takeBundle }) =>
    Effect.gen(function*() {
      yield* runAgent(1, "echo bye >hello.txt; echo secret >../home/kept")
      yield* sandbox.removeRuns(session)
      assert.isTrue(yield* sandbox.hasRepository(session))
      const { output, run } = yield* runAgent(2, "cat ../home/kept; echo again >>hello.txt")
      assert.include(output, "\nsecret\n")
      const { bundle } = yield* sandbox.result(run)
      assert.include(yield* takeBundle(Option.getOrThrow(bundle)), "+again")
    }))

  test("no change is no bundle, and an agent's exit code is its own", ({ runAgent, sandbox }) =>
    Effect.gen(function*() {
      const { exit, run } = yield* runAgent(1, "exit 3")
      assert.deepStrictEqual(exit, { code: 3, reason: undefined })
      const { answer, bundle } = yield* sandbox.result(run)
      assert.deepStrictEqual([answer, bundle], ["", Option.none()])
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
        assert.isTrue(Option.isSome((yield* second.result(run)).bundle))
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
      assert.strictEqual((yield* sandbox.result(run)).answer, "")
      const next = round(2)
      yield* sandbox.start(specOf(next, "ls -A ../in; cat ../in/prompt.md"))
      assert.include(yield* outputOf(next), "commit-message.txt\nprompt.md\nChange the greeting.")
      assert.deepStrictEqual(yield* fs.readDirectory(outside), ["answer.md"])
    }))

  test("an answer is cut at its limit, between characters", ({ runAgent, sandbox }) =>
    Effect.gen(function*() {
      const { run } = yield* runAgent(1, `yes €€ | head -n 50000 >"$OPENTL_ANSWER_FILE"`)
      const { answer } = yield* sandbox.result(run)
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
        yield* Effect.flip(Effect.scoped(sandbox.result(run)))
      ]
      assert.isTrue(failures.every((failure) => failure._tag === "SandboxError"))
      yield* sandbox.removeWorkspace(session)
      const outside = { ...specOf(run, "true"), inputs: [text("in/../../escaped", "x")] }
      assert.include((yield* Effect.flip(sandbox.start(outside))).message, "in/../../escaped")
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
