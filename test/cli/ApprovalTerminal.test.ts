/** A plan that waits, on a real terminal: the built program, keys as a person types them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Program from "../support/Program.ts"
import { keys, paste } from "../support/Terminal.ts"
import * as World from "./World.ts"

const { ctrlC, ctrlD, enter } = keys
const question = "Approve this plan?"

/** `run --approve-plan`, up to the question. */
const asked = (options: World.WorldOptions = {}) =>
  Effect.gen(function*() {
    const world = yield* World.make(options)
    const terminal = yield* world.terminal(["run", "Add b.txt", "--repo", world.repo, "--approve-plan"])
    yield* terminal.sees("Plan 1")
    yield* terminal.sees(question)
    const answer = (text: string) => Effect.zipRight(terminal.types(text), terminal.keys(enter))
    const id = Effect.map(terminal.output, (output) => /session ([0-9a-f]{12}) on/.exec(output)?.[1] ?? "none")
    return { ...world, answer, id, terminal }
  })

describe("a plan on a terminal", () => {
  it.scopedLive("is rejected with a reason, planned again, shown again and approved; a mistyped answer asks again", () =>
    Effect.gen(function*() {
      const { answer, terminal } = yield* asked()
      yield* answer("xyz")
      yield* terminal.sees("\"xyz\" is not one of approve, edit, reject, show, quit")
      yield* terminal.sees(question)
      yield* answer("r")
      yield* terminal.sees("Why?")
      yield* answer("too risky")
      yield* terminal.sees("Plan 2")
      yield* terminal.sees("Mindful of: too risky.")
      yield* terminal.sees(question)
      yield* answer("show")
      yield* terminal.sees("Mindful of: too risky.")
      yield* terminal.sees(question)
      yield* answer("a")
      assert.strictEqual(yield* terminal.ended, 0)
      assert.match(yield* terminal.lastLine, /^opentl\/[0-9a-f]{12}$/)
    }).pipe(Effect.provide(World.live)))

  it.scopedLive("takes a reason of several lines that is pasted, and keys that correct it", () =>
    Effect.gen(function*() {
      const { answer, id, run, terminal } = yield* asked()
      yield* answer("r")
      yield* terminal.sees("Why?")
      yield* terminal.keys(paste("first line\napprove nothing\nlast"))
      yield* terminal.sees("last")
      yield* terminal.types(" linx")
      yield* terminal.keys(keys.backspace)
      yield* terminal.types("e")
      yield* terminal.keys(enter)
      yield* terminal.sees("Plan 2")
      yield* terminal.sees(question)
      yield* terminal.keys(ctrlD)
      assert.strictEqual(yield* terminal.ended, 130)
      const { out } = yield* run("logs", yield* id, "--json")
      assert.include(out, "\"reason\":\"first line\\napprove nothing\\nlast line\"")
      assert.include(out.trimEnd().split("\n").at(-1), "ApprovalRequested", "it waits on")
    }).pipe(Effect.provide(World.live)))

  it.scopedLive("is edited in one's own editor, which has the terminal to itself", () =>
    Effect.gen(function*() {
      const editor = `sh -c 'stty -a | grep -o -- "-\\?icanon"; read -r line; echo "$line" > "$1"' editor`
      const { answer, terminal } = yield* asked({ environment: { EDITOR: editor } })
      yield* answer("e")
      yield* terminal.sees(/(?<!-)icanon/)
      yield* answer("Do it by hand")
      yield* terminal.sees("Do it by hand")
      assert.strictEqual(yield* terminal.ended, 0)
      assert.match(yield* terminal.lastLine, /^opentl\/[0-9a-f]{12}$/)
    }).pipe(Effect.provide(World.live)))

  it.scopedLive("waits on where the person quits, and says how to answer it", () =>
    Effect.gen(function*() {
      const { answer, id, run, terminal } = yield* asked()
      yield* answer("q")
      yield* terminal.sees(`detached: the plan waits for approval: opentl approve ${yield* id}`)
      assert.strictEqual(yield* terminal.ended, 130)
      assert.include((yield* run("status", yield* id, "--json")).out, "\"waiting\"")
      const { code, err, out } = yield* run("approve", yield* id, "--follow")
      assert.strictEqual(code, 0, err)
      assert.match(out, /\nopentl\/[0-9a-f]{12}\n$/)
    }).pipe(Effect.provide(World.live)))

  it.scopedLive("is stopped with its session by Ctrl-C where nobody else has it", () =>
    Effect.gen(function*() {
      const { id, run, terminal } = yield* asked()
      yield* terminal.types("rej")
      yield* terminal.keys(ctrlC)
      yield* terminal.sees(`stopping session ${yield* id}`)
      yield* terminal.sees("stopped")
      assert.strictEqual(yield* terminal.ended, 130)
      assert.include((yield* run("status", yield* id, "--json")).out, "\"cancelled\"")
    }).pipe(Effect.provide(World.live)))
})

describe("a plan on a server, asked about on a terminal", () => {
  it.scopedLive("is answered from elsewhere while the question stands, and Ctrl-C leaves it alone", () =>
    Effect.gen(function*() {
      const { environment, repo, terminal: open, run } = yield* World.make({
        environment: { OPENTL_ADDR: "127.0.0.1:0" }
      })
      yield* Program.serve(environment)
      const first = yield* open(["run", "Add b.txt", "--repo", repo, "--approve-plan"])
      yield* first.sees(/session [0-9a-f]{12} on/)
      const id = /session ([0-9a-f]{12}) on/.exec(yield* first.output)?.[1] ?? "none"
      yield* first.sees(question)
      const second = yield* open(["logs", id, "--follow"])
      yield* second.sees("waits for approval")
      yield* first.keys(ctrlC)
      yield* first.sees(`detached: the plan waits for approval: opentl approve ${id}`)
      assert.strictEqual(yield* first.ended, 130)

      // one who joins while a plan waits is shown it, and asked at once
      const third = yield* open(["message", id, "And then more", "--follow"])
      yield* third.sees("The first thought.")
      yield* third.sees(question)
      assert.strictEqual((yield* run("reject", id, "too risky")).code, 0)
      yield* third.sees("Plan 2")
      yield* third.sees(question)
      yield* third.types("re")
      assert.strictEqual((yield* run("approve", id)).code, 0)
      yield* third.sees("plan approved")
      yield* third.sees("Plan 3")
      yield* third.sees(question)
      yield* third.types("a")
      yield* third.keys(enter)
      assert.strictEqual(yield* third.ended, 0)
      assert.match(yield* third.lastLine, /^opentl\/[0-9a-f]{12}$/)
      assert.strictEqual(yield* second.ended, 0)
    }).pipe(Effect.provide(World.live)))
})
