/** Programs that another program starts are like any: what they say, how they end, and that they end with whoever wanted them. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as DirectPrograms from "../../../src/services/programs/DirectPrograms.ts"
import type { Program, Run } from "../../../src/services/programs/Program.ts"
import * as Programs from "../../../src/services/programs/Programs.ts"
import * as ProgramStarter from "../../../src/services/programs/ProgramStarter.ts"

const file = new URL("../../../dist/bin/starter.mjs", import.meta.url).pathname

/** Programs whose starter is ready, how many were started without it, and programs without it. */
const make = Effect.gen(function*() {
  const direct = DirectPrograms.make(yield* CommandExecutor.CommandExecutor)
  const beneath = yield* Ref.make(0)
  const run = yield* Programs.make(
    file,
    (program, onOutput) => Effect.zipRight(Ref.update(beneath, (count) => count + 1), direct(program, onOutput))
  )
  // it takes a moment to start
  yield* Effect.flatMap(Ref.getAndSet(beneath, 0), () => ended(run, sh("true"))).pipe(
    Effect.zipRight(Ref.get(beneath)),
    Effect.repeat({ until: (count) => count === 0, schedule: Schedule.spaced("10 millis") })
  )
  return { beneath: Ref.get(beneath), direct, run }
})

const sh = (script: string, changes: Partial<Program> = {}): Program => ({
  command: "/bin/sh",
  args: ["-c", script],
  directory: "/",
  environment: { PATH: "/usr/bin:/bin" },
  stdin: undefined,
  ...changes
})

/** How a program ended, and all that it printed. */
const ended = (run: Run, program: Program) =>
  Effect.suspend(() => {
    const chunks = new Array<Uint8Array>()
    return Effect.map(
      run(program, (bytes) => chunks.push(bytes) > 0),
      (ending) => ({ ...ending, out: Buffer.concat(chunks).toString() })
    )
  })

const isAlive = (pid: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists(`/proc/${pid.trim()}/stat`))

const gone = (pid: string) =>
  Effect.repeat(isAlive(pid), { until: (alive) => !alive, schedule: Schedule.spaced("10 millis") })

const kill = (signal: string, pid: string) => Command.exitCode(Command.make("kill", `-${signal}`, pid))

/** The process that has started it. */
const parent = sh("ps -o ppid= -p $$")

/** A file for what a program tells of itself while it runs. */
const note = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  Effect.map(fs.makeTempDirectoryScoped(), (directory) => ({
    path: `${directory}/note`,
    text: Effect.retry(fs.readFileString(`${directory}/note`), Schedule.spaced("10 millis"))
  })))

layer(NodeContext.layer, { excludeTestServices: true })("a program that was started by the starter", (it) => {
  it.scoped("and has ended is not waited for where it left somebody who holds its output open", () =>
    Effect.gen(function*() {
      const { run } = yield* make
      const { path, text } = yield* note
      const waiting = yield* Effect.fork(ended(run, sh(`setsid sh -c 'echo $$ >${path}; exec sleep 1000' & exit 0`)))
      const left = yield* Effect.acquireRelease(text, (left) => Effect.orDie(kill("KILL", left.trim())))
      yield* Fiber.interrupt(waiting)
      assert.isTrue(yield* isAlive(left))
    }))

  it.scoped("is not over before the others of its group are, when it is ended", () =>
    Effect.gen(function*() {
      const { run } = yield* make
      const { path, text } = yield* note
      const tidies =
        `trap "sleep 0.3; echo tidy >${path}; exit" TERM; echo works >${path}; while :; do sleep 0.05; done`
      const waiting = yield* Effect.fork(ended(run, sh(`sh -c '${tidies}' & wait`)))
      yield* text
      yield* Fiber.interrupt(waiting)
      assert.strictEqual(yield* text, "tidy\n")
    }))

  it.scoped("has what it is given and nothing else, and says what it says and how it ended", () =>
    Effect.gen(function*() {
      const { beneath, direct, run } = yield* make
      const program = sh("cat; echo $ODD; echo oops >&2; env | cut -d= -f1 | sort | xargs; pwd; exit 3", {
        directory: "/usr",
        environment: { PATH: "/usr/bin:/bin", ODD: "ü 'x'" },
        stdin: "fed\n"
      })
      const expected = {
        out: "fed\nü 'x'\nODD PATH PWD\n/usr\n",
        stderr: "oops\n",
        exitCode: 3,
        signal: undefined,
        isCut: false
      }
      assert.deepStrictEqual(yield* ended(run, program), expected)
      assert.strictEqual(yield* beneath, 0)
      assert.deepStrictEqual(yield* ended(direct, program), expected)
    }))

  it.scoped("that is killed has no exit code", () =>
    Effect.gen(function*() {
      const { direct, run } = yield* make
      for (const each of [run, direct]) {
        assert.deepInclude(yield* ended(each, sh("kill -KILL $$")), { exitCode: undefined, signal: "SIGKILL" })
      }
    }))

  it.scoped("that cannot be started fails as it does elsewhere", () =>
    Effect.gen(function*() {
      const { direct, run } = yield* make
      const faults = (program: Program) =>
        Effect.all(
          [run, direct].map((each) =>
            Effect.map(
              Effect.flip(ended(each, program)),
              (error) => error._tag === "SystemError" ? [error.reason, error.module] : [error._tag]
            )
          )
        )
      for (
        const [program, expected] of [
          [sh("", { command: "/absent/program" }), ["NotFound", "Command"]],
          [sh("true", { directory: "/absent/directory" }), ["NotFound", "FileSystem"]]
        ] as const
      ) {
        assert.deepStrictEqual(yield* faults(program), [[...expected], [...expected]])
      }
      for (const each of [run, direct]) {
        assert.include((yield* Effect.flip(ended(each, sh("echo a\0b")))).message, "null bytes")
      }
    }))

  it.scoped("gets rid of all its output, however much that is, and says the last of what it said", () =>
    Effect.gen(function*() {
      const { run } = yield* make
      const size = 20_000_000
      let count = 0
      const ending = yield* run(
        sh(`head -c ${size} /dev/zero; head -c 1000000 /dev/zero | tr '\\0' x >&2; echo end >&2`),
        ({ length }) => {
          count += length
          return true
        }
      )
      assert.strictEqual(count, size)
      assert.isTrue(ending.stderr.endsWith("xxend\n"))
      assert.isBelow(ending.stderr.length, 200_000)
      assert.strictEqual(ending.exitCode, 0)
    }))

  it.scoped("is ended when no more of its output is wanted, and when that cannot be used", () =>
    Effect.gen(function*() {
      const { direct, run } = yield* make
      for (const each of [run, direct]) {
        const { path, text } = yield* note
        let count = 0
        const ending = yield* each(sh(`echo $$ >${path}; exec yes`), ({ length }) => {
          count += length
          return count < 300_000
        })
        assert.isTrue(ending.isCut)
        assert.isBelow(count, 10_000_000)
        assert.isFalse(yield* isAlive(yield* text))
      }
      const cause = yield* Effect.flip(Effect.sandbox(run(sh("exec yes"), () => {
        throw new Error("of no use")
      })))
      assert.include(Cause.pretty(cause), "of no use")
    }))

  it.scoped("ends, with what it has started, when nobody wants it any more", () =>
    Effect.gen(function*() {
      const { run } = yield* make
      const { path, text } = yield* note
      const script = `sleep 1000 & echo "$! $$" > ${path}.new; mv ${path}.new ${path}; wait`
      const running = yield* Effect.fork(ended(run, sh(script)))
      const [child = "", self = ""] = (yield* text).split(" ")
      assert.isTrue(yield* isAlive(self))
      yield* Fiber.interrupt(running)
      yield* gone(self)
      yield* gone(child)
      const left = yield* ended(run, sh("sleep 1000 >/dev/null 2>&1 & echo $!; exit 1"))
      yield* gone(left.out)
    }))

  it.scoped("is killed when it does not end although it is asked to", () =>
    Effect.gen(function*() {
      const { run } = yield* make
      const { path, text } = yield* note
      const running = yield* Effect.fork(
        ended(run, sh(`trap '' TERM; echo $$ >${path}; while :; do sleep 1; done`))
      )
      const self = yield* text
      yield* Fiber.interrupt(running)
      yield* gone(self)
    }))

  it.scoped("goes on where the starter is told to end, which is the server's to do", () =>
    Effect.gen(function*() {
      const { beneath, run } = yield* make
      const pid = (yield* ended(run, parent)).out.trim()
      yield* kill("TERM", pid)
      yield* kill("INT", pid)
      assert.strictEqual((yield* ended(run, parent)).out.trim(), pid)
      assert.strictEqual(yield* beneath, 0)
    }))

  it.scoped("is lost with it, which is said; later ones are started without it", () =>
    Effect.gen(function*() {
      const { beneath, run } = yield* make
      const { path, text } = yield* note
      const starter = (yield* ended(run, parent)).out.trim()
      const running = yield* Effect.fork(Effect.flip(ended(run, sh(`echo $$ >${path}; exec sleep 1000`))))
      const self = (yield* text).trim()
      yield* kill("KILL", starter)
      assert.include((yield* Fiber.join(running)).message, "the program that starts others has ended")
      assert.strictEqual((yield* ended(run, sh("echo here"))).out, "here\n")
      assert.strictEqual(yield* beneath, 1)
      yield* kill("KILL", self)
    }))

  it.scoped("ends with the server, whoever may want it still", () =>
    Effect.gen(function*() {
      const { path, text } = yield* note
      const pid = yield* Effect.scoped(Effect.gen(function*() {
        const starter = yield* ProgramStarter.make(file)
        yield* Effect.repeat(Effect.sync(starter.isReady), {
          until: (isReady) => isReady,
          schedule: Schedule.spaced("10 millis")
        })
        starter.start(sh(`echo $$ >${path}; exec sleep 1000`), () => {})
        return yield* text
      }))
      yield* gone(pid)
    }))
})
