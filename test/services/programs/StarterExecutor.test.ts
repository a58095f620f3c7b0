/** Programs that another program starts are like any: what they say, how they end, and that they end with whoever wanted them. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as ProgramStarter from "../../../src/services/programs/ProgramStarter.ts"
import * as StarterExecutor from "../../../src/services/programs/StarterExecutor.ts"

const file = new URL("../../../dist/bin/starter.mjs", import.meta.url).pathname

/** An executor whose starter is ready, and how many programs the one beneath has started. */
const make = Effect.gen(function*() {
  const real = yield* CommandExecutor.CommandExecutor
  const beneath = yield* Ref.make(0)
  const executor = yield* StarterExecutor.make(
    file,
    CommandExecutor.makeExecutor((command) =>
      Effect.zipRight(Ref.update(beneath, (count) => count + 1), real.start(command))
    )
  )
  // it takes a moment to start
  yield* Effect.flatMap(Ref.getAndSet(beneath, 0), () => executor.exitCode(sh("true"))).pipe(
    Effect.zipRight(Ref.get(beneath)),
    Effect.repeat({ until: (count) => count === 0, schedule: Schedule.spaced("10 millis") })
  )
  return { beneath: Ref.get(beneath), executor }
})

const sh = (script: string, environment: Readonly<Record<string, string>> = {}) =>
  Command.make("/bin/sh", "-c", script).pipe(
    Command.env({ PATH: "/usr/bin:/bin", ...environment }, { extendEnv: false })
  )

const textOf = <E>(stream: Stream.Stream<Uint8Array, E>) => stream.pipe(Stream.decodeText(), Stream.mkString)

const ended = (executor: CommandExecutor.CommandExecutor, command: Command.Command) =>
  Effect.scoped(Effect.gen(function*() {
    const process = yield* executor.start(command)
    const [out, err] = yield* Effect.all([textOf(process.stdout), textOf(process.stderr)], { concurrency: 2 })
    return { out, err, exit: yield* Effect.either(process.exitCode) }
  }))

const isAlive = (pid: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists(`/proc/${pid.trim()}/stat`))

const gone = (pid: string) =>
  Effect.repeat(isAlive(pid), { until: (alive) => !alive, schedule: Schedule.spaced("10 millis") })

layer(NodeContext.layer, { excludeTestServices: true })("a program that was started by the starter", (it) => {
  it.scoped("has what it is given and nothing else, and says what it says and how it ended", () =>
    Effect.gen(function*() {
      const { beneath, executor } = yield* make
      const command = sh("cat; echo $ODD; echo oops >&2; env | cut -d= -f1 | sort | xargs; pwd; exit 3", {
        ODD: "ü 'x'"
      })
        .pipe(Command.feed("fed\n"), Command.workingDirectory("/usr"))
      const { err, exit, out } = yield* ended(executor, command)
      assert.strictEqual(out, "fed\nü 'x'\nODD PATH PWD\n/usr\n")
      assert.strictEqual(err, "oops\n")
      assert.deepStrictEqual(exit, Either.right(CommandExecutor.ExitCode(3)))
      assert.strictEqual(yield* beneath, 0)
    }))

  it.scoped("that is killed has no exit code", () =>
    Effect.gen(function*() {
      const { executor } = yield* make
      const { exit } = yield* ended(executor, sh("kill -KILL $$"))
      assert.include(Either.getOrThrow(Either.flip(exit)).message, "receipt of signal: SIGKILL")
    }))

  it.scoped("that cannot be started fails as it does elsewhere", () =>
    Effect.gen(function*() {
      const { executor } = yield* make
      const real = yield* CommandExecutor.CommandExecutor
      const faults = (command: Command.Command) =>
        Effect.all(
          [executor, real].map((each) =>
            Effect.map(
              Effect.flip(ended(each, command)),
              (error) => error._tag === "SystemError" ? [error.reason, error.module] : [error._tag]
            )
          )
        )
      const absent = Command.make("/absent/program").pipe(Command.env({}, { extendEnv: false }))
      for (
        const [command, expected] of [
          [absent, ["NotFound", "Command"]],
          [Command.workingDirectory(sh("true"), "/absent/directory"), ["NotFound", "FileSystem"]]
        ] as const
      ) {
        assert.deepStrictEqual(yield* faults(command), [[...expected], [...expected]])
      }
      const zero = yield* Effect.flip(ended(executor, sh("echo a\0b")))
      assert.include(zero.message, "null bytes")
    }))

  it.scoped("gets rid of all its output, however much that is", () =>
    Effect.gen(function*() {
      const { executor } = yield* make
      const size = 20_000_000
      const process = yield* executor.start(sh(`head -c ${size} /dev/zero; echo end >&2`))
      const count = yield* Stream.runFold(process.stdout, 0, (sum, { length }) => sum + length)
      assert.strictEqual(count, size)
      assert.strictEqual(yield* textOf(process.stderr), "end\n")
      assert.strictEqual(yield* process.exitCode, 0)
    }))

  it.scoped("ends, with what it has started, when nobody wants it any more", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { executor } = yield* make
      const pids = `${yield* fs.makeTempDirectoryScoped()}/pids`
      const script = `sleep 1000 & echo "$! $$" > ${pids}.new; mv ${pids}.new ${pids}; wait`
      const running = yield* Effect.fork(ended(executor, sh(script)))
      const [child = "", self = ""] = (yield* fs.readFileString(pids).pipe(
        Effect.retry(Schedule.spaced("10 millis"))
      )).split(" ")
      assert.isTrue(yield* isAlive(self))
      yield* Fiber.interrupt(running)
      yield* gone(self)
      yield* gone(child)
      const left = yield* ended(executor, sh("sleep 1000 >/dev/null 2>&1 & echo $!; exit 1"))
      yield* gone(left.out)
    }))

  it.scoped("goes on where the starter is told to end, which is the server's to do", () =>
    Effect.gen(function*() {
      const { beneath, executor } = yield* make
      const pid = (yield* ended(executor, sh("ps -o ppid= -p $$"))).out.trim()
      yield* (yield* CommandExecutor.CommandExecutor).exitCode(Command.make("kill", "-TERM", pid))
      yield* (yield* CommandExecutor.CommandExecutor).exitCode(Command.make("kill", "-INT", pid))
      assert.strictEqual((yield* ended(executor, sh("ps -o ppid= -p $$"))).out.trim(), pid)
      assert.strictEqual(yield* beneath, 0)
    }))

  it.scoped("is lost with it, which is said; later ones are started without it", () =>
    Effect.gen(function*() {
      const { beneath, executor } = yield* make
      const process = yield* executor.start(sh("ps -o ppid= -p $$; exec sleep 1000"))
      const starter = yield* process.stdout.pipe(Stream.decodeText(), Stream.take(1), Stream.mkString)
      yield* (yield* CommandExecutor.CommandExecutor).exitCode(Command.make("kill", "-KILL", starter.trim()))
      assert.include((yield* Effect.flip(process.exitCode)).message, "SIGKILL")
      const { out } = yield* ended(executor, sh("echo here"))
      assert.strictEqual(out, "here\n")
      assert.strictEqual(yield* beneath, 1)
      yield* (yield* CommandExecutor.CommandExecutor).exitCode(Command.make("kill", "-KILL", String(process.pid)))
    }))

  it.scoped("ends with the server, whoever may want it still", () =>
    Effect.gen(function*() {
      const pid = yield* Effect.scoped(Effect.gen(function*() {
        const starter = yield* ProgramStarter.make(file)
        yield* Effect.repeat(Effect.sync(starter.isReady), {
          until: (isReady) => isReady,
          schedule: Schedule.spaced("10 millis")
        })
        return yield* Effect.async<string>((resume) => {
          starter.start({
            command: "/bin/sleep",
            args: ["1000"],
            directory: undefined,
            environment: {},
            stdin: undefined
          }, (told) => told._tag === "Started" ? resume(Effect.succeed(String(told.pid))) : undefined)
        })
      }))
      yield* gone(pid)
    }))
})
