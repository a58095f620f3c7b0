/** What holds for the runs of checks in every kind of sandbox: a clean place for a commit, and what commands end with there. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { CheckReportJson, type CheckRequest, CheckRequestJson } from "../../../src/domain/CheckRun.ts"
import type { RunId } from "../../../src/services/sandbox/Sandbox.ts"
import { type Declare, declareOn, type MakeSubject, processesWith, type Session, text } from "./SandboxSession.ts"

const encode = Schema.encodeSync(CheckRequestJson)

const start = (
  { origin, round, sandbox, specOf }: Session,
  request: CheckRequest,
  more: ReadonlyArray<string> = []
) => {
  const run: RunId = { ...round(1), checks: "head" }
  const spec = specOf(run, "")
  return Effect.as(
    sandbox.start({
      ...spec,
      environment: { ...spec.environment, OPENTL_AGENT: "checks" },
      inputs: [
        text("in/checks.json", encode(request)),
        ...more.map((line) => text("in/setup.sh", `${line}\n`)),
        { path: "in/repository.bundle", content: { _tag: "File", path: origin.bundle } }
      ]
    }),
    run
  )
}

const report = (session: Session, run: RunId) =>
  Effect.gen(function*() {
    const exit = yield* session.sandbox.exit(run)
    assert.deepStrictEqual(exit, { code: 0, reason: undefined }, yield* session.outputOf(run))
    return yield* Schema.decode(CheckReportJson)(yield* session.sandbox.checkReport(run))
  })

const check = (session: Session, commands: ReadonlyArray<string>, seconds = 60) =>
  Effect.gen(function*() {
    const run = yield* start(session, { seconds, commands: commands.map((run) => ({ run })) })
    return yield* report(session, run)
  })

/** All that an agent could leave for whoever runs a command after it. */
const traps = [
  "mkdir -p ../home/.local/bin node_modules/.bin .git/hooks .opentl",
  "printf '#!/bin/sh\\nexit 0\\n' | tee ../home/.local/bin/false node_modules/.bin/false .git/hooks/post-checkout >/dev/null",
  "chmod +x ../home/.local/bin/false node_modules/.bin/false .git/hooks/post-checkout",
  "echo 'exit 0' >../home/.bashrc; echo 'verify: []' >.opentl/config.yml; echo left >untracked.txt",
  "git config --global alias.status '!true'; git config core.hooksPath /dev/null; echo node_modules >.git/info/exclude"
].join("; ")

export const checksConformance = <E, R>(declare: Declare<R>, makeSubject: MakeSubject<E, R>) => {
  const test = declareOn(declare, makeSubject)

  test("checks run on the commit alone: nothing of what an agent left is there", (session) =>
    Effect.gen(function*() {
      yield* session.runAgent(1, traps)
      yield* session.sandbox.removeRuns(session.session)
      const { commands } = yield* check(session, [
        "git status --short --ignored; ls -A; cat hello.txt",
        "false",
        "git config --get core.hooksPath || git config --global --get alias.status || ls -A .git/hooks 2>/dev/null || ls -A ../home"
      ])
      assert.deepStrictEqual(commands.map((end) => end?.exitCode), [0, 1, 0])
      assert.strictEqual(commands[0]?.tail, ".git\nhello.txt\nhello\n")
      assert.strictEqual(commands[2]?.tail, ".gitconfig\n")
      assert.isTrue(yield* session.sandbox.hasRepository(session.session), "the agent's own workspace stays")
    }))

  test("each command has its exit code, its time and the end of what it printed", (session) =>
    Effect.gen(function*() {
      const { commands } = yield* check(session, [
        "echo out; echo err >&2; exit 3",
        "for i in $(seq 1 20000); do echo \"line $i\"; done",
        "printf '\\033[31mred\\033[0m\\r\\nprogress 1%%\\rprogress 100%%\\n'",
        "kill -9 $$",
        "echo $CI $npm_config_if_present; env | grep -v ^OPENTL_AGENT_RUN= | grep -c -e OPENTL -e API_KEY",
        "read line && echo \"got $line\"",
        "echo made >.git/info/exclude",
        "echo first\nfalse\necho last"
      ])
      assert.deepStrictEqual(commands.map((end) => end?.exitCode), [3, 0, 0, 137, 1, 1, 0, 1])
      assert.strictEqual(commands[7]?.tail, "first\n", "a line that fails is the end, as in CI")
      assert.strictEqual(commands[0]?.tail, "out\nerr\n")
      assert.match(commands[1]?.tail ?? "", /^line \d+\n[\s\S]*line 20000\n$/)
      assert.isAtMost(commands[1]?.tail.length ?? 0, 64 * 1024)
      assert.strictEqual(commands[2]?.tail, "red\nprogress 100%\n")
      assert.strictEqual(commands[4]?.tail, "true false\n0\n")
    }))

  test("a command that takes too long is ended with all that it started; the next ones are not run", (session) =>
    Effect.gen(function*() {
      const nap = `1000.${Number.parseInt(session.session, 16)}`
      const { commands } = yield* check(
        session,
        [`(setsid sleep ${nap} &); trap '' TERM; echo waiting; sleep ${nap}`, "echo never"],
        2
      )
      assert.deepStrictEqual(commands[0]?.tail, "waiting\n")
      assert.isUndefined(commands[0]?.exitCode)
      assert.isNull(commands[1])
      assert.deepStrictEqual(yield* processesWith(nap), [])
    }))

  test("what one command leaves running is gone when the next one runs", (session) =>
    Effect.gen(function*() {
      // without a name of its own, such a process is found only where there are no others
      const hides = session.sandbox.kind !== "local (no isolation)"
      const nap = `1000.${Number.parseInt(session.session, 16)}`
      const { commands } = yield* check(session, [
        `(setsid sleep ${nap} >/dev/null 2>&1 &); sleep ${nap} & ${
          hides ? `(env -i setsid sleep ${nap} >/dev/null 2>&1 &); ` : ""
        }echo started`,
        `for f in /proc/[0-9]*/cmdline; do tr '\\0' '|' <$f || true; echo; done 2>/dev/null | grep -c -x "sleep|${nap}|"`
      ])
      assert.deepStrictEqual(commands.map((end) => end?.tail), ["started\n", "0\n"])
    }))

  test("what a test runner says of how many tests ran is told, however much is printed after it", (session) =>
    Effect.gen(function*() {
      const { commands } = yield* check(session, [
        "printf '      Tests  1 failed | 2 passed (3)\\n'; seq 1 50000; exit 1",
        "printf '  2 passing (3ms)\\n  1 pending\\n'",
        "echo all tests passed"
      ])
      assert.deepStrictEqual(commands.map((end) => end?.tests), [
        { passed: 2, failed: 1, skipped: 0, total: 3 },
        { passed: 2, failed: 0, skipped: 1, total: 3 },
        undefined
      ])
    }))

  test("a program that is missing is told, and nothing that only ends as if it were", (session) =>
    Effect.gen(function*() {
      const { commands } = yield* check(session, [
        "opentl-no-such-tool --all",
        "opentl-no-such-tool || true",
        "sh -c 'exit 127'",
        "PATH=/nowhere git status"
      ])
      assert.deepStrictEqual(commands.map((end) => [end?.exitCode, end?.missing]), [
        [127, "opentl-no-such-tool"],
        [0, undefined],
        [127, undefined],
        [127, undefined]
      ])
      assert.include(commands[0]?.tail, "not found")
    }))

  test("a failed install is told beside the commands", (session) =>
    Effect.gen(function*() {
      const request = { seconds: 60, commands: [{ run: "cat made" }] }
      const run = yield* start(session, request, ["echo installing; echo yes >made; exit 4"])
      const { commands, installs } = yield* report(session, run)
      assert.deepStrictEqual(installs, [{ run: "setup", exitCode: 4, tail: "installing\n" }])
      // what an install changes of the files is no part of the commit
      assert.strictEqual(commands[0]?.tail, "yes\n")
      const output = yield* session.outputOf(run)
      assert.notInclude(output, "installing")
    }))

  test(
    "checks that fill the disk are ended, and the agent's workspace stays",
    (session) =>
      Effect.gen(function*() {
        yield* session.runAgent(1, "echo kept >../home/kept")
        yield* session.sandbox.removeRuns(session.session)
        const fill = "for i in $(seq 40); do head -c 8000000 /dev/zero >big$i; done; sleep 600"
        const run = yield* start(session, { seconds: 600, commands: [{ run: "echo first" }, { run: fill }] })
        const exit = yield* Effect.raceFirst(session.sandbox.exit(run), session.sandbox.watch(run))
        assert.isTrue(exit.overLimit)
        const told = yield* Schema.decode(CheckReportJson)(yield* session.sandbox.checkReport(run))
        assert.strictEqual(told.running, 1, "which command ran is told")
        assert.deepStrictEqual(told.commands.map((end) => end?.tail), ["first\n"])
        yield* session.sandbox.removeRuns(session.session)
        assert.isTrue(yield* session.sandbox.hasRepository(session.session))
      }),
    { diskBytes: 64 * 1024 ** 2 }
  )

  test(
    "another server finds the run, reads its report, and removes all of it",
    (session, subject) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const run = yield* start(session, {
          seconds: 60,
          commands: [{ run: "until [ -e /tmp/never ] || [ -e ../go ]; do touch ../go; done; echo done" }]
        })
        const second = yield* subject.open
        assert.isTrue(yield* second.exists(run))
        assert.deepStrictEqual(yield* second.sessionsWithRuns, [session.session])
        yield* second.exit(run)
        assert.include(yield* second.checkReport(run), "done")
        yield* second.removeRuns(session.session)
        assert.isFalse(yield* second.exists(run))
        assert.deepStrictEqual(yield* second.sessionsWithRuns, [])
        assert.isFalse(yield* second.hasRepository(session.session))
        const runs = `${subject.dataDir}/runs`
        assert.deepStrictEqual((yield* fs.exists(runs)) ? yield* fs.readDirectory(runs) : [], [])
      })
  )
}
