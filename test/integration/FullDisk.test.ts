/**
 * The built program on a disk that is full for a while, in the middle of a session: what cannot be stored is refused in the
 * documented way, and when there is room again everything goes on by itself.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Git from "../support/Git.ts"
import * as Program from "../support/Program.ts"
import { itOnSmallDisk } from "../support/SmallDisk.ts"

const lines = 60

/** A shell line that prints. If it is to wait, it prints the most of it after a signal to continue. */
const agent = `command:for i in $(seq 1 ${lines}); do
  echo "line $i $(printf %04000d 0)"
  while [ $i = 10 ] && grep -q Wait "$OPENTL_PROMPT_FILE" && [ ! -e .git/go ]; do sleep 0.05; done
done`

const Refusal = Schema.Struct({ error: Schema.String, code: Schema.String })
const Readiness = Schema.Struct({
  status: Schema.String,
  checks: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({ status: Schema.String, message: Schema.optional(Schema.String) })
  })
})
const readiness = (server: Program.Server) =>
  Effect.orDie(Effect.flatMap(server.get("/ready"), Schema.decodeUnknown(Readiness)))

const until = <A, E, R>(effect: Effect.Effect<A, E, R>, isSo: (value: A) => boolean): Effect.Effect<A, E, R> =>
  Effect.flatMap(
    effect,
    (value) => isSo(value) ? Effect.succeed(value) : Effect.delay(until(effect, isSo), "50 millis")
  )

describe("a server whose disk is full for a while", () => {
  itOnSmallDisk(
    "refuses what it cannot store, says so once, and goes on when there is room",
    (disk) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const aside = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-aside-" })
        // what runs in the sandbox has a disk of its own, as Docker's has
        for (const directory of ["runs", "workspaces"]) {
          yield* fs.makeDirectory(`${aside}/${directory}`)
          yield* fs.symlink(`${aside}/${directory}`, `${disk.path}/${directory}`)
        }
        const repository = yield* Git.temporary
        yield* Git.git(repository, "init", "-q", "-b", "main")
        yield* Git.commit(repository, { "README.md": "# app\n" })
        const server = yield* Program.serve({
          OPENTL_DATA_DIR: disk.path,
          OPENTL_SANDBOX: "local",
          OPENTL_AGENT: agent
        })
        const task = { repo: repository, prompt: "Wait, then print" }
        assert.strictEqual((yield* readiness(server)).status, "ready")
        const id = yield* server.create(task)
        const following = yield* Effect.fork(Stream.runCollect(server.events(id)))
        yield* server.events(id).pipe(Stream.takeUntil((event) => event.data.startsWith("line 3 ")), Stream.runDrain)

        yield* disk.fill
        const refused = yield* until(server.post("/api/sessions", task), ({ status }) => status !== 201)
        assert.strictEqual(refused.status, 503)
        assert.deepInclude(yield* Schema.decodeUnknown(Refusal)(refused.body), { code: "DiskFull" })
        const message = yield* server.post(`/api/sessions/${id}/messages`, { text: "and more" })
        assert.strictEqual(message.status, 503)
        const { checks, status } = yield* until(readiness(server), (ready) => ready.status !== "ready")
        assert.strictEqual(status, "unavailable")
        assert.match(checks["database"]?.message ?? "", /the disk is full, since /)
        assert.strictEqual(checks["log writer"]?.status, "ok")
        // the agent goes on, and says what cannot be stored
        yield* fs.writeFileString(`${aside}/workspaces/${id}/repo/.git/go`, "")
        yield* until(
          fs.readFileString(`${aside}/runs/opentl-${id}-1-1/output.log`),
          (text) => text.includes("line 60 ")
        )

        yield* disk.free
        const events = [...(yield* Fiber.join(following))]
        assert.deepStrictEqual(
          events.map((event) => event.id),
          events.map((_, i) => i + 1)
        )
        assert.deepStrictEqual(
          events.filter((event) => event.type === "output").map((event) => event.data.split(" 0")[0]),
          Array.from({ length: lines }, (_, i) => `line ${i + 1}`)
        )
        assert.strictEqual(events[events.length - 1]?.detail?.["end"], "complete")

        const next = [...(yield* Stream.runCollect(server.events(yield* server.create({ ...task, prompt: "Print" }))))]
        assert.strictEqual(next[next.length - 1]?.detail?.["end"], "complete")
        // what was found a moment ago is told for a second
        yield* until(readiness(server), ({ status }) => status === "ready")

        const log = yield* server.log
        const said = log.filter((line) => line.includes("the disk is full"))
        assert.lengthOf(said, 1, said.join("\n"))
        assert.lengthOf(log.filter((line) => line.includes("can be written again")), 1)
        yield* server.kill("SIGTERM")
        assert.strictEqual(yield* server.ended, 0)
      }),
    { megabytes: 24 }
  )
})
