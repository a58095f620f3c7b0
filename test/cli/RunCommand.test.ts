/** `opentl run`, `message --follow` and what both show of a turn. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import type { CreateOptions } from "../../src/actors/Sessions.ts"
import { program } from "../../src/cli/Cli.ts"
import { InvalidRequest } from "../../src/domain/SessionRequest.ts"
import { StoreError } from "../../src/services/StoreError.ts"
import {
  event,
  makeProcess,
  partsDouble,
  runCli,
  session,
  sessionId,
  type SessionsShape,
  type Setting,
  turnEnded,
  withEnvironment
} from "./Harness.ts"

const url = "https://github.com/acme/widgets/pull/7"

const events = [
  event(1, "status", "turn 1 started", { _tag: "TurnStarted", turn: 1 }),
  event(2, "output", "\x1b[32mworking\x1b[2J", { turn: 1 }),
  event(3, "error", "a warning of the entrypoint", { turn: 1 }),
  turnEnded(4, "complete", url),
  event(5, "status", "turn 2 started", { _tag: "TurnStarted", turn: 2 })
]

interface Creation {
  readonly request: unknown
  readonly options: CreateOptions
}

const creating = (created: Ref.Ref<ReadonlyArray<Creation>>, log = events): Partial<SessionsShape> => ({
  create: (request, options) =>
    Effect.as(Ref.update(created, (all) => [...all, { request, options }]), {
      session: session({ turn: 0 }),
      replayed: false
    }),
  events: (_, after) => Stream.fromIterable(log.filter(({ id }) => id > after))
})

const running = (args: ReadonlyArray<string>, setting: Setting = {}, log = events) =>
  Effect.gen(function*() {
    const created = yield* Ref.make<ReadonlyArray<Creation>>([])
    const ended = yield* runCli(["run", ...args], {
      ...setting,
      sessions: { ...creating(created, log), ...setting.sessions }
    })
    return { ...ended, created: yield* Ref.get(created) }
  })

/** No server answers there, and none is named. */
const alone = { OPENTL_SERVER: "", OPENTL_ADDR: "127.0.0.1:1" }

describe("run", () => {
  it.effect("follows the turn to its end and prints the pull request's URL last", () =>
    Effect.gen(function*() {
      const { code, created, err, out } = yield* running(["Fix it", "--repo", "acme/widgets"])
      assert.strictEqual(code, 0)
      const lines = out.trimEnd().split("\n")
      assert.strictEqual(lines.at(-1), url)
      assert.strictEqual(lines.length, 4)
      assert.match(lines[1] ?? "", /output {2}working$/)
      assert.match(err, new RegExp(`session ${sessionId} on acme/widgets`))
      assert.deepStrictEqual(created[0]?.options, {
        by: { name: "ada", via: "cli" },
        trustLocalPaths: false,
        trustCommands: false
      })
    }))

  it.effect("passes on what the options say", () =>
    Effect.gen(function*() {
      const { created } = yield* running([
        "- do this",
        ...["--repo", "acme/widgets", "--agent", "codex", "--model", "m", "--base", "dev", "--budget", "2.50"],
        ...["--timeout", "10m", "--plan-only", "--approve-plan"]
      ])
      assert.deepStrictEqual(created[0]?.request, {
        repo: { _tag: "GitHub", owner: "acme", name: "widgets" },
        prompt: "- do this",
        agent: "codex",
        model: "m",
        base: "dev",
        budgetUsd: 2.5,
        timeoutSeconds: 600,
        approvePlan: true,
        planOnly: true
      })
    }))

  it.effect("reads the task from standard input, and makes a relative path absolute", () =>
    Effect.gen(function*() {
      const { created } = yield* running(["-", "--repo", "."], { stdin: "Zeile 1\nZeile ü\n" })
      assert.deepInclude(created[0]?.request, {
        prompt: "Zeile 1\nZeile ü\n",
        repo: { _tag: "Local", path: process.cwd() }
      })
    }))

  it.effect("takes a text that looks like an option behind --", () =>
    Effect.map(running(["--repo", "acme/widgets", "--", "--fix"]), ({ created }) => {
      assert.deepInclude(created[0]?.request, { prompt: "--fix" })
    }))

  it.effect("prints events as JSON, a line each, and nothing else", () =>
    Effect.gen(function*() {
      const { code, out } = yield* running(["Fix it", "--repo", "acme/widgets", "--json"])
      assert.strictEqual(code, 0)
      const documents = out.trimEnd().split("\n").map((line) => JSON.parse(line))
      assert.deepStrictEqual(documents.map(({ id }) => id), [1, 2, 3, 4])
      assert.deepInclude(documents.at(-1), { type: "done", data: url, session_id: sessionId })
    }))

  it.effect("prints the id and returns with --detach", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* running(["Fix it", "--repo", "acme/widgets", "--detach"])
      assert.strictEqual(code, 0)
      assert.strictEqual(out, `${sessionId}\n`)
      assert.include(err, `opentl logs ${sessionId} --follow`)
      const document = yield* running(["Fix it", "--repo", "acme/widgets", "--detach", "--json"])
      assert.deepInclude(JSON.parse(document.out), { id: sessionId, branch: `opentl/${sessionId}`, status: "running" })
    }))

  it.effect("exits with 1 where the session fails or is cancelled", () =>
    Effect.gen(function*() {
      for (const end of ["error", "cancelled"] as const) {
        const { code, err } = yield* running(["x", "--repo", "acme/widgets"], {}, [turnEnded(1, end, "no\nluck")])
        assert.strictEqual(code, 1)
        const what = end === "error" ? "failed" : "was cancelled"
        assert.include(err, `error: session ${sessionId} ${what}: no luck (opentl logs ${sessionId} shows all of it)\n`)
      }
    }))

  it.effect("exits with 1 where the stream ends before the turn", () =>
    Effect.gen(function*() {
      const { code, err } = yield* running(["x", "--repo", "acme/widgets"], {}, events.slice(0, 2))
      assert.strictEqual(code, 1)
      assert.match(err, /error: lost sight of session 0123456789ab: the server closed the stream .*--follow/)
      const gone = () => Stream.fail(new StoreError({ operation: "answer: connection refused", cause: undefined }))
      const away = yield* running(["x", "--repo", "acme/widgets"], { sessions: { events: gone } })
      assert.strictEqual(away.code, 1)
      assert.match(away.err, /error: lost sight of session 0123456789ab: connection refused/)
    }))

  it.effect("exits with 2 where the server refuses the request", () =>
    Effect.gen(function*() {
      const create = () => new InvalidRequest({ reason: "agent: command is not taken over HTTP" })
      const { code, err } = yield* running(["x", "--repo", "acme/widgets"], { sessions: { create } })
      assert.strictEqual(code, 2)
      assert.include(err, "error: agent: command is not taken over HTTP\n")
    }))

  it.effect("works in this process where no server is reachable, and says so", () =>
    Effect.gen(function*() {
      const { code, created, err } = yield* running(["x", "--repo", "/srv/repo"], { environment: alone })
      assert.strictEqual(code, 0)
      assert.match(err, /^no server is reachable: running embedded, on \/nonexistent\/opentl\n/)
      assert.deepInclude(created[0]?.options, { trustLocalPaths: true, trustCommands: true })
    }))
})

describe("Ctrl-C", () => {
  /** Starts a run that stays at work, and interrupts it when its first event has been shown. */
  const interrupted = (setting: Setting) =>
    Effect.gen(function*() {
      const atWork = yield* Deferred.make<void>()
      const stopped = yield* Ref.make(false)
      const { process, stderr } = makeProcess(["run", "x", "--repo", "/srv/repo"], setting)
      const parts = partsDouble({
        ...setting,
        sessions: {
          create: () => Effect.succeed({ session: session({ turn: 0 }), replayed: false }),
          events: () =>
            Stream.concat(
              Stream.make(event(1, "status", "at work")),
              Stream.fromEffect(Effect.zipRight(Deferred.succeed(atWork, undefined), Effect.never))
            ),
          stop: () => Effect.as(Ref.set(stopped, true), session({ status: "cancelled" }))
        }
      })
      const fiber = yield* program(process, parts).pipe(withEnvironment(setting.environment), Effect.fork)
      yield* Deferred.await(atWork)
      yield* Fiber.interrupt(fiber)
      return { code: process.exitCode, err: stderr.text, stopped: yield* Ref.get(stopped) }
    })

  it.effect("leaves a session on a server alone, and says how to come back", () =>
    Effect.gen(function*() {
      const { code, err, stopped } = yield* interrupted({})
      assert.strictEqual(code, 130)
      assert.isFalse(stopped)
      assert.include(err, `opentl logs ${sessionId} --follow`)
    }))

  it.effect("stops a session in this process", () =>
    Effect.gen(function*() {
      const { code, err, stopped } = yield* interrupted({ environment: alone })
      assert.strictEqual(code, 130)
      assert.isTrue(stopped)
      assert.match(err, /stopping session 0123456789ab …\nstopped\n$/)
    }))
})

describe("a plan that waits", () => {
  const planned = [
    event(1, "plan", "Fix it\n\n1. do"),
    event(2, "status", "the plan waits for approval", { _tag: "ApprovalRequested", turn: 1 })
  ]

  /** The session goes on when it is answered. */
  const waiting = Effect.gen(function*() {
    const answered = yield* Deferred.make<ReadonlyArray<unknown>>()
    const note = (...call: ReadonlyArray<unknown>) => Effect.as(Deferred.succeed(answered, call), session())
    const sessions: Partial<SessionsShape> = {
      create: () => Effect.succeed({ session: session({ turn: 0 }), replayed: false }),
      get: () => Effect.succeed(session({ plan: "1. do" })),
      approve: (_, plan) => note("approve", plan),
      reject: (_, reason) => note("reject", reason),
      events: () =>
        Stream.concat(
          Stream.fromIterable(planned),
          Stream.fromEffect(Deferred.await(answered)).pipe(Stream.map(() => turnEnded(3, "complete", url)))
        )
    }
    return { answered: Deferred.await(answered), sessions }
  })
  const run = ["run", "x", "--repo", "acme/widgets", "--approve-plan"]

  it.effect("is approved at the terminal", () =>
    Effect.gen(function*() {
      const { answered, sessions } = yield* waiting
      const { code, err, out } = yield* runCli(run, { sessions, tty: true, stdin: "what\na\n" })
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(yield* answered, ["approve", undefined])
      assert.strictEqual(err.split("Approve this plan?").length, 3)
      assert.match(out, new RegExp(`${url}\n$`))
    }))

  it.effect("is rejected with a reason", () =>
    Effect.gen(function*() {
      const { answered, sessions } = yield* waiting
      const { code } = yield* runCli(run, { sessions, tty: true, stdin: "reject\ntoo risky\n" })
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(yield* answered, ["reject", "too risky"])
    }))

  it.effect("is edited in the person's own editor", () =>
    Effect.gen(function*() {
      const { answered, sessions } = yield* waiting
      const environment = { EDITOR: "sed -i s/do/undo/" }
      const { code, err } = yield* runCli(run, { sessions, tty: true, stdin: "e\n", environment })
      assert.strictEqual(code, 0, err)
      assert.deepStrictEqual(yield* answered, ["approve", "1. undo"])
    }))

  it.effect("is left as it is by an editor that changes nothing, and asked about again", () =>
    Effect.gen(function*() {
      const { answered, sessions } = yield* waiting
      const { err } = yield* runCli(run, { sessions, tty: true, stdin: "e\na\n", environment: { EDITOR: "true" } })
      assert.include(err, "the plan was left as it is\n")
      assert.deepStrictEqual(yield* answered, ["approve", undefined])
    }))

  it.effect("is waited for where nobody sits at a terminal", () =>
    Effect.gen(function*() {
      const { sessions } = yield* waiting
      const events = () =>
        Stream.fromIterable([
          ...planned,
          event(3, "status", "plan approved by bob (slack)"),
          turnEnded(4, "complete", url)
        ])
      const { code, err } = yield* runCli(run, { sessions: { ...sessions, events } })
      assert.strictEqual(code, 0)
      assert.include(err, `opentl approve ${sessionId}`)
    }))

  it.effect("is not waited for in this process, where nobody could answer", () =>
    Effect.gen(function*() {
      const { sessions } = yield* waiting
      const { code, err } = yield* runCli(run, { sessions, environment: alone })
      assert.strictEqual(code, 1)
      assert.include(err, `opentl approve ${sessionId} --follow`)
    }))
})

describe("message", () => {
  const messaging = (log: ReadonlyArray<ReturnType<typeof event>>): Partial<SessionsShape> => ({
    find: () => Effect.succeed(session({ turn: 1, lastEventId: 10 })),
    message: () => Effect.succeed({ messageId: "m1" }),
    events: (_, after) => {
      assert.strictEqual(after, 10)
      return Stream.fromIterable(log)
    }
  })

  it.effect("prints the message's id and returns", () =>
    Effect.map(runCli(["message", "0123", "and the docs"], { sessions: messaging([]) }), (ended) => {
      assert.deepStrictEqual(ended, { code: 0, out: "m1\n", err: "" })
    }))

  it.effect("prints it as JSON, too", () =>
    Effect.map(runCli(["message", "0123", "and the docs", "--json"], { sessions: messaging([]) }), ({ out }) => {
      assert.deepStrictEqual(JSON.parse(out), { message_id: "m1" })
    }))

  it.effect("follows the turn that takes the message, not the one that is on", () =>
    Effect.gen(function*() {
      const { code, out } = yield* runCli(["message", "0123", "and the docs", "--follow"], {
        sessions: messaging([
          event(11, "message", "and the docs", { message_id: "m1" }),
          turnEnded(12, "complete", "first", 1),
          event(13, "status", "turn 2 started", { turn: 2 }),
          turnEnded(14, "complete", url, 2)
        ])
      })
      assert.strictEqual(code, 0)
      assert.match(out, /^m1\n/)
      assert.include(out, "first")
      assert.match(out, new RegExp(`\n${url}\n$`))
    }))

  it.effect("that arrives as a turn begins is taken by the turn after it", () =>
    Effect.gen(function*() {
      const { out } = yield* runCli(["message", "0123", "x", "--follow"], {
        sessions: messaging([
          event(11, "status", "turn 2 started", { turn: 2 }),
          event(12, "message", "x", { message_id: "m1" }),
          turnEnded(13, "complete", "second", 2),
          turnEnded(14, "complete", "third", 3)
        ])
      })
      assert.match(out, /\nthird\n$/)
    }))
})
