/**
 * `npm run demo`: the main job as a person sees it, on the real program. Needs no account, no key and no Docker.
 * With `-- --real` the model is the real one, by ANTHROPIC_API_KEY or OPENAI_API_KEY.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as ModelStandIn from "../../test/standins/model/ModelStandIn.ts"
import * as Exercise from "./Exercise.ts"
import { script } from "./ScriptedModel.ts"

/** Nobody reads on (`npm run demo | head`), or the terminal was closed: everything that was started is ended. */
class Abandoned extends Data.TaggedError("Abandoned") {}

const abandoned = Effect.async<never, Abandoned>((resume) => {
  const leave = () => resume(Effect.fail(new Abandoned()))
  // kept to the end: what is still printed then has no reader, either
  process.stdout.on("error", leave)
  process.stderr.on("error", leave)
  process.once("SIGHUP", leave)
})

class DemoFailed extends Data.TaggedError("DemoFailed")<{ readonly message: string }> {}

const title = (text: string) =>
  Console.log(`\n\u2500\u2500 ${text} ${"\u2500".repeat(Math.max(3, 76 - text.length))}\n`)

/** A command's exit code and output; what it prints is not shown. */
const quiet = (command: Command.Command) =>
  Effect.scoped(Effect.gen(function*() {
    const running = yield* Command.start(command)
    const [out, err, code] = yield* Effect.all([
      running.stdout.pipe(Stream.decodeText(), Stream.mkString),
      running.stderr.pipe(Stream.decodeText(), Stream.mkString),
      running.exitCode
    ], { concurrency: "unbounded" })
    return { code, out, err }
  }))

const must = (what: string, command: Command.Command) =>
  quiet(command).pipe(
    Effect.filterOrFail(({ code }) => code === 0, ({ err, out }) =>
      new DemoFailed({ message: `${what} failed:\n${out}${err}` }))
  )

const git = (directory: string, ...args: ReadonlyArray<string>) =>
  must(
    `git ${args[0]}`,
    Command.make("git", "-C", directory, "-c", "user.name=Demo", "-c", "user.email=demo@localhost", ...args)
  )

const makeRepository = Effect.fnUntraced(function*(directory: string) {
  const files = yield* FileSystem.FileSystem
  yield* files.makeDirectory(directory, { recursive: true })
  yield* Effect.forEach(
    Object.entries(Exercise.files),
    ([name, content]) => files.writeFileString(`${directory}/${name}`, content)
  )
  yield* git(directory, "init", "--quiet", "--initial-branch=main")
  yield* git(directory, "add", "--all")
  yield* git(directory, "commit", "--quiet", "--message", "A slug function, and its tests")
})

/** Stops the sessions that are not over yet, sandboxes included, and removes what sandboxes left. */
const stopSessions = Effect.fnUntraced(function*(opentl: (...args: ReadonlyArray<string>) => Command.Command) {
  const listed = yield* quiet(opentl("list", "--json"))
  const sessions = yield* Schema.decode(Sessions)(listed.out)
  const open = sessions.filter(({ ended_at }) => ended_at === undefined)
  yield* Effect.forEach(open, ({ id }) => quiet(opentl("stop", id)), { discard: true })
  yield* quiet(opentl("sandbox", "prune", "--all"))
}, Effect.ignore)

const Sessions = Schema.parseJson(
  Schema.Array(Schema.Struct({ id: Schema.String, ended_at: Schema.optional(Schema.String) }))
)

const demo = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = path.resolve(path.dirname(yield* path.fromFileUrl(new URL(import.meta.url))), "../..")
  const isReal = (yield* Config.string("OPENTL_DEMO_REAL").pipe(Config.withDefault(""))) === "1"
  const place = path.join(root, ".demo")
  const repo = path.join(place, "slugs")
  const dataDir = path.join(place, "data")

  yield* files.remove(place, { recursive: true, force: true })
  yield* files.makeDirectory(dataDir, { recursive: true })
  // who left has no use for half a result
  yield* Effect.addFinalizer((exit) =>
    Exit.isInterrupted(exit) ? Effect.ignore(files.remove(place, { recursive: true })) : Effect.void
  )
  yield* makeRepository(repo)
  yield* title("A repository, and its tests")
  yield* Console.log(`${repo}\n`)
  const before = yield* quiet(Command.make("npm", "test").pipe(Command.workingDirectory(repo)))
  yield* Console.log(
    before.out.split("\n").filter((line) =>
      /^(not ok|ok|# (pass|fail))|^\s*(\u2716|\u2714|\u2139 (pass|fail))/.test(line)
    ).join("\n")
  )

  const model = isReal ? Option.none() : Option.some(yield* ModelStandIn.make(script, { expectedKey: "demo-key" }))
  const settings: Record<string, string> = {
    OPENTL_DATA_DIR: dataDir,
    OPENTL_ADDR: "127.0.0.1:0",
    OPENTL_AGENT: "opentl",
    ...Option.match(model, {
      onNone: () => ({}),
      onSome: ({ anthropicUrl }) => ({
        ANTHROPIC_API_KEY: "demo-key",
        ANTHROPIC_BASE_URL: anthropicUrl,
        OPENAI_API_KEY: "",
        OPENTL_PLANNER_MODEL: "",
        OPENTL_REVIEWER_MODEL: "",
        OPENTL_AGENT_MODEL: ""
      })
    })
  }
  const opentl = (...args: ReadonlyArray<string>) =>
    Command.make("node", path.join(root, "dist/bin/main.js"), ...args).pipe(Command.env(settings))
  const shown = (...args: ReadonlyArray<string>) =>
    opentl(...args).pipe(Command.stdout("inherit"), Command.stderr("inherit"), Command.exitCode)

  yield* title("The sandbox")
  const sandbox = yield* chooseSandbox(opentl)
  settings["OPENTL_SANDBOX"] = sandbox.kind
  yield* Console.log(sandbox.why)

  yield* title("opentl serve")
  const server = yield* Command.start(opentl("serve").pipe(Command.stderr("inherit")))
  yield* server.stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => Console.log(line)),
    Effect.forkScoped
  )
  yield* files.readFileString(path.join(dataDir, "owner.json")).pipe(
    Effect.filterOrFail((text) => text.includes("\"url\"")),
    Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 200 }),
    Effect.mapError(() => new DemoFailed({ message: "the server did not start" }))
  )
  // before the server is stopped: that alone would leave the sandboxes to its next start
  yield* Effect.addFinalizer((exit) => Exit.isSuccess(exit) ? Effect.void : stopSessions(opentl))

  yield* title(`opentl run "${Exercise.task.slice(0, 40)}…" --repo ${path.relative(root, repo)} --approve-plan`)
  const detached = yield* must("opentl run", opentl("run", Exercise.task, "--repo", repo, "--approve-plan", "--detach"))
  const id = detached.out.trim().split("\n").slice(-1)[0] ?? ""
  // a person reads the plan, and approves it
  yield* Effect.fork(
    must("opentl approve", opentl("approve", id)).pipe(
      Effect.retry({ schedule: Schedule.spaced("500 millis"), times: 120 }),
      Effect.zipRight(Console.log("\n   (opentl approve: the plan is approved)\n"))
    )
  )
  const code = yield* shown("logs", id, "--follow")

  yield* title("opentl status")
  yield* shown("status", id)
  yield* title("opentl verify")
  yield* shown("verify", id)
  yield* title("opentl diff")
  yield* shown("diff", id)

  yield* title("The result")
  const branch = `opentl/${id}`
  const check = path.join(place, "check")
  yield* must("git clone", Command.make("git", "clone", "--quiet", "--branch", branch, repo, check))
  const after = yield* quiet(Command.make("npm", "test").pipe(Command.workingDirectory(check)))
  yield* files.remove(check, { recursive: true, force: true })
  const log = yield* git(repo, "log", "--oneline", "--no-decorate", branch)
  yield* Console.log(`${log.out}\nTests on ${branch}: ${after.code === 0 ? "pass" : "FAIL"}`)
  yield* Console.log(
    `\nThe branch lies in ${path.relative(root, repo)}. See it with:  git -C ${
      path.relative(root, repo)
    } show ${branch}`
  )
  yield* quiet(opentl("sandbox", "prune", "--all"))
  if (code !== 0 || after.code !== 0) return yield* new DemoFailed({ message: "the demo did not end as it should" })
}).pipe(Effect.scoped)

/** Docker where there is one with the sandbox image (built, if its base is to be had), else the local sandbox. */
const chooseSandbox = Effect.fnUntraced(function*(opentl: (...args: ReadonlyArray<string>) => Command.Command) {
  const named = yield* Config.string("OPENTL_SANDBOX").pipe(Config.withDefault("auto"))
  if (named !== "auto") return { kind: named, why: `${named}, as OPENTL_SANDBOX says` }
  const check = yield* quiet(opentl("sandbox", "check"))
  const found = check.out.trim()
  if (check.code === 0) {
    return found === "docker"
      ? { kind: "docker", why: "docker: each session in a container of its own" }
      : { kind: "local", why: `${found}: there is no Docker here` }
  }
  if (!check.err.includes("image")) return { kind: "local", why: `local: ${check.err.trim()}` }
  yield* Console.log("Docker is here, the sandbox image is not yet: building it …")
  const built = yield* quiet(opentl("sandbox", "build")).pipe(
    Effect.timeoutTo({ duration: "3 minutes", onTimeout: () => 1, onSuccess: ({ code }) => code })
  )
  return built === 0
    ? { kind: "docker", why: "docker: each session in a container of its own" }
    : {
      kind: "local",
      why: "local: Docker is here, but the image's base cannot be pulled (opentl sandbox build --base IMAGE)"
    }
})

NodeRuntime.runMain(
  demo.pipe(
    Effect.raceFirst(abandoned),
    Effect.catchTags({
      Abandoned: () => Effect.void,
      DemoFailed: (error) => Effect.zipRight(Console.error(`\ndemo: ${error.message}`), Effect.fail(error))
    }),
    Effect.provide(NodeContext.layer)
  ),
  { disableErrorReporting: true }
)
