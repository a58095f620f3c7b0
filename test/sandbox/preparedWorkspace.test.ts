/** A container that waits makes what a first round needs before its session is known. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { run } from "./Processes.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { branch, makeSession } from "./SessionWorkspace.ts"
import { questions, watchedPrograms } from "./WatchedPrograms.ts"

const watched = watchedPrograms(["cat", "chmod", "cp", "git", "mkdir", "mv", "rm", "touch"])

/** A container's inputs: the session's, and an environment. */
const inputsOf = Effect.fn(function*(workspace: string, environment: string) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-inputs-" })
  yield* fs.writeFileString(`${directory}/begin`, "it begins\n")
  yield* fs.writeFileString(
    `${directory}/environment`,
    `cp -R '${workspace}/in' "$OPENTL_INPUTS/in"\n${environment}\n`
  )
  return directory
})

/** A first round in a workspace of its own, which is empty, and what it starts from its inputs to its agent. */
const firstRound = Effect.fn(function*(environment = "", prompt = "the prompt") {
  const fs = yield* FileSystem.FileSystem
  const session = yield* makeSession({ "README.md": "hello\n" })
  yield* fs.remove(`${session.workspace}/in/repository.bundle`)
  const { begin, env, keep, startedBefore } = yield* watched
  const workspace = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-workspace-" })
  const { exitCode, lines } = yield* session.round(`${keep}; cp "$OPENTL_PROMPT_FILE" ..; echo one >one.txt`, {
    prompt,
    env: {
      ...env,
      OPENTL_WORKSPACE: workspace,
      OPENTL_INPUTS: yield* inputsOf(session.workspace, `${environment}\n${begin}`),
      OPENTL_REMOTE_OBJECTS: `${session.origin}/.git/objects`
    }
  })
  assert.strictEqual(exitCode, 0, lines.join("\n"))
  return {
    base: session.base,
    lines,
    given: fs.readFile(`${workspace}/prompt.md`),
    git: (...args: ReadonlyArray<string>) =>
      Effect.map(run("git", ["-C", `${workspace}/repo`, ...args]), ({ output }) => output.trimEnd()),
    started: yield* startedBefore
  }
})

layer(SandboxRuntime.layer, { excludeTestServices: true })("the workspace of a container that waits", (it) => {
  it.scoped("has a repository and its directories by the time that its first round begins", () =>
    Effect.gen(function*() {
      const { base, git, lines, started } = yield* firstRound()
      assert.deepStrictEqual(questions(started), ["checkout", "update-ref"])
      assert.deepStrictEqual(started.filter((line) => !line.startsWith("git ")), ["cp"])
      assert.deepStrictEqual(lines, [
        "it begins",
        "###OPENTL_STATUS### Cloning repository",
        "###OPENTL_STATUS### Running agent (command)",
        `###OPENTL_DONE### ${branch}`
      ])
      assert.strictEqual(yield* git("symbolic-ref", "HEAD"), `refs/heads/${branch}`)
      assert.strictEqual(yield* git("for-each-ref", "--format=%(refname)", "refs/heads"), `refs/heads/${branch}`)
      assert.strictEqual(yield* git("rev-parse", "HEAD^", "refs/opentl/start/1"), `${base}\n${base}`)
    }))

  it.scoped("is made anew where the round's environment may make another kind of repository", () =>
    Effect.gen(function*() {
      const { started } = yield* firstRound("export GIT_DEFAULT_HASH=sha1")
      assert.deepStrictEqual(questions(started), ["init", "checkout", "update-ref"])
    }))

  it.scoped("is left as it is where a round was in it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const session = yield* makeSession({ "README.md": "hello\n" })
      yield* session.round("echo one >one.txt")
      const found = `${session.workspace}/found`
      const { lines } = yield* session.round("cat one.txt", {
        env: {
          OPENTL_ROUND: "2",
          OPENTL_INPUTS: yield* inputsOf(session.workspace, `cat "$OPENTL_WORKSPACE/out/result.json" >'${found}'`)
        }
      })
      assert.match(yield* fs.readFileString(found), /"changed":true/)
      assert.deepStrictEqual(lines, [
        "it begins",
        "###OPENTL_STATUS### Continuing in the workspace",
        "###OPENTL_STATUS### Running agent (command)",
        "one",
        `###OPENTL_DONE### ${branch}`
      ])
    }))

  for (
    const [what, prompt] of [
      ["ends with empty lines", "a\n\n\n"],
      ["is empty", ""],
      ["has control characters", "\u0001\u007f\u001b[1m é\r\n\ufeff"],
      ["is long", "a line\n".repeat(20_000)]
    ] as const
  ) {
    it.scoped(`gets a prompt byte for byte that ${what}`, () =>
      Effect.gen(function*() {
        const { given } = yield* firstRound("", prompt)
        assert.deepStrictEqual(Buffer.from(yield* given).toString(), prompt)
      }))
  }
})
