/** A wrong command line: exit code 2, and one line that says what is wrong and what was meant. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { nearest } from "../../src/services/support/Suggest.ts"
import { runCli } from "./Harness.ts"

const commands =
  "serve, run, list, status, logs, stop, message, answer, approve, reject, retry, budget, diff, verify, agents, sandbox, " +
  "doctor, config, help"

const mistakes: ReadonlyArray<readonly [line: string, said: string]> = [
  ["lsit", "unknown command \"lsit\": did you mean opentl list? (opentl --help lists the commands)"],
  ["lgos", "unknown command \"lgos\": did you mean opentl logs? (opentl --help lists the commands)"],
  ["Statsu", "unknown command \"Statsu\": did you mean opentl status? (opentl --help lists the commands)"],
  ["doc", "unknown command \"doc\": did you mean opentl doctor? (opentl --help lists the commands)"],
  ["cancel 4f", "unknown command \"cancel\": did you mean opentl stop? (opentl --help lists the commands)"],
  ["build", "unknown command \"build\": did you mean opentl sandbox build? (opentl --help lists the commands)"],
  ["--json lsit", "unknown command \"lsit\": did you mean opentl list? (opentl --help lists the commands)"],
  ["frobnicate", `unknown command "frobnicate": the commands of opentl are ${commands}`],
  ["help frobnicate", `unknown command "frobnicate": the commands of opentl are ${commands}`],
  ["help lsit", "unknown command \"lsit\": did you mean opentl list? (opentl --help lists the commands)"],
  [
    "sandbox biuld",
    "unknown command \"sandbox biuld\": did you mean opentl sandbox build? (opentl sandbox --help lists the commands)"
  ],
  [
    "sandbox frobnicate",
    "unknown command \"sandbox frobnicate\": the commands of opentl sandbox are build, check, prune"
  ],
  ["logs 4f --folow", "unknown option --folow: did you mean --follow? (opentl logs --help lists the options)"],
  ["logs 4f --Folow", "unknown option --Folow: did you mean --follow? (opentl logs --help lists the options)"],
  ["logs --folow=1", "unknown option --folow: did you mean --follow? (opentl logs --help lists the options)"],
  ["run x -repo a/b", "unknown option -repo: did you mean --repo? (opentl run --help lists the options)"],
  ["run x --approve", "unknown option --approve: did you mean --approve-plan? (opentl run --help lists the options)"],
  ["sandbox prune --al", "unknown option --al: did you mean --all? (opentl sandbox prune --help lists the options)"],
  ["--verison", "unknown option --verison: did you mean --version? (opentl --help lists the options)"],
  ["--frobnicate", "unknown option --frobnicate for opentl (opentl --help lists the options)"],
  ["list -z", "unknown option -z for opentl list (opentl list --help lists the options)"],
  [
    "list --follow",
    "unknown option --follow for opentl list; opentl logs, message, answer have it (opentl list --help lists the options)"
  ],
  ["list --wizard", "unknown option --wizard for opentl list (opentl list --help lists the options)"],
  ["--wizard", "unknown option --wizard for opentl (opentl --help lists the options)"],
  ["status --jsno", "unknown option --jsno: did you mean --json? (opentl status --help lists the options)"],
  ["run --plan-onyl", "unknown option --plan-onyl: did you mean --plan-only? (opentl run --help lists the options)"],
  ["--server http://x.test", "a command is missing: opentl --help lists the commands"],
  ["list --limit", "--limit needs a value: --limit <n> (opentl list --help says what it takes)"],
  ["list --limit --json", "--limit needs a value: --limit <n> (opentl list --help says what it takes)"],
  ["run x --repo", "--repo needs a value: --repo <repo> (opentl run --help says what it takes)"],
  ["list --limit 1 --limit 2", "--limit is given twice"],
  ["list --limit 0", "--limit takes a whole number from 1, not \"0\""],
  ["list --limit many", "--limit takes a whole number from 1, not \"many\""],
  [
    "list --status sleeping",
    "--status takes one of pending, running, waiting, complete, error, cancelled, not \"sleeping\""
  ],
  ["list --log-level loud", "--log-level takes one of all, trace, debug, info, warning, error, fatal, none"],
  ["--log-level=loud list", "--log-level takes one of all, trace, debug, info, warning, error, fatal, none"],
  ["--completions tcsh", "--completions takes one of bash, zsh, fish"],
  ["status", "missing argument <id>; usage: opentl status <id> [options] (opentl status --help)"],
  ["message 4f", "missing argument <text>; usage: opentl message <id> <text> [options] (opentl message --help)"],
  ["list extra", "unexpected argument \"extra\"; usage: opentl list [options]"],
  [
    "run fix the bug",
    "unexpected argument \"the\" (put quotes around a text of several words); usage: opentl run [<task>] [options]"
  ],
  [
    "run --repo a/b",
    "missing argument <task>; usage: opentl run \"<task>\" [options], or - to read the task from standard input (opentl run --help)"
  ]
]

describe("a wrong command line", () => {
  for (const [line, said] of mistakes) {
    it.effect(`opentl ${line}`, () =>
      Effect.map(runCli(line.split(" ")), (ended) => {
        assert.deepStrictEqual(ended, { code: 2, out: "", err: `error: ${said}\n` })
      }))
  }

  it.effect("shows nothing that a terminal would act on", () =>
    Effect.gen(function*() {
      for (
        const args of [["\x1b[2Jlsit"], ["list", "--\x1b]0;pwned\x07"], ["list", "a\x1b[2J\nb"], [
          "list",
          "--limit",
          "\x1b[2J"
        ]]
      ) {
        const { code, err } = yield* runCli(args)
        assert.strictEqual(code, 2)
        assert.match(err, /^error: [^\x00-\x1f\x7f-\x9f]+\n$/)
      }
    }))
})

describe("did you mean", () => {
  it("finds what begins so or is a few letters away, and nothing else", () => {
    const words = ["list", "logs", "stop", "--follow", "--approve-plan"]
    assert.deepStrictEqual(nearest("lst", words), ["list"])
    assert.deepStrictEqual(nearest("LOG", words), ["logs"])
    assert.deepStrictEqual(nearest("--approve", words), ["--approve-plan"])
    assert.deepStrictEqual(nearest("lots", words), ["logs"])
    assert.deepStrictEqual(nearest("xyzzy", words), [])
    assert.deepStrictEqual(nearest("", words), [])
    assert.deepStrictEqual(nearest("-", words), [])
  })
})
