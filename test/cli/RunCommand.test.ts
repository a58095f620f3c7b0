/** `opentl run`: what it asks for, what it shows, how it ends. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import type { CreateOptions } from "../../src/actors/sessions/Sessions.ts"
import { commands } from "../../src/cli/AllCommands.ts"
import { program } from "../../src/cli/Cli.ts"
import {
  ErrorReported,
  RoundStarted,
  StatusReported,
  TurnStarted,
  UsageRecorded
} from "../../src/domain/SessionEvent.ts"
import { InvalidRequest } from "../../src/domain/SessionRequest.ts"
import { StoreError } from "../../src/services/store/StoreError.ts"
import { eventView, output, turnEnded } from "../support/Events.ts"
import {
  alone,
  epoch,
  makeProcess,
  partsDouble,
  pullRequestUrl as url,
  runCli,
  session,
  sessionId,
  type SessionsShape,
  type Setting,
  withEnvironment
} from "./Harness.ts"

const at = { turn: 1, round: 1 }

const events = [
  eventView(1, TurnStarted.make({ turn: 1, prompt: "Fix it", deadline: epoch })),
  output(2, "\x1b[32mworking\x1b[2J"),
  eventView(3, ErrorReported.make({ ...at, line: 2, text: "a warning of the entrypoint" })),
  turnEnded(4, "complete", url),
  eventView(5, TurnStarted.make({ turn: 2, prompt: "and the docs", deadline: epoch }))
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

  it.effect("tells of usage in one closing line, and prints nothing of it as it comes", () =>
    Effect.gen(function*() {
      const usage = { inputTokens: 1200, outputTokens: 30, costUsd: 0.01 }
      const { err, out } = yield* running(["Fix it", "--repo", "acme/widgets"], {}, [
        eventView(1, TurnStarted.make({ turn: 1, prompt: "Fix it", deadline: epoch })),
        eventView(2, UsageRecorded.make({ turn: 1, source: "plan", model: "m", usage })),
        eventView(3, RoundStarted.make({ ...at, sandbox: "docker" })),
        turnEnded(4, "complete", url)
      ])
      assert.notInclude(out, "1,200")
      assert.match(err, /\n1 round, 0s, 1,200 in, 30 out, \$0\.0100\n$/)
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
        planOnly: true,
        noQuestions: true
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

  it.effect("exits with 1 where the session fails or is cancelled, and says why once", () =>
    Effect.gen(function*() {
      for (const end of ["error", "cancelled"] as const) {
        const { code, err, out } = yield* running(["x", "--repo", "acme/widgets"], {}, [turnEnded(1, end, "no\nluck")])
        assert.strictEqual(code, 1)
        const what = end === "error" ? "failed" : "was cancelled"
        assert.include(err, `error: session ${sessionId} ${what}: no luck (see opentl logs ${sessionId})\n`)
        assert.strictEqual(out, "")
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
      const { code, created, err } = yield* running(["x", "--repo", "/srv/repo"], {
        environment: alone,
        sessions: { get: () => Effect.succeed(session({ status: "complete", phase: "ended" })) }
      })
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
              Stream.make(eventView(1, StatusReported.make({ ...at, line: 1, text: "at work" }))),
              Stream.fromEffect(Effect.zipRight(Deferred.succeed(atWork, undefined), Effect.never))
            ),
          stop: () => Effect.as(Ref.set(stopped, true), session({ status: "cancelled" }))
        }
      })
      const fiber = yield* program(process, parts, commands).pipe(withEnvironment(setting.environment), Effect.fork)
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
