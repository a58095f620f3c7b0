/** The host of an agent that speaks the protocol, in a round of the real entrypoint, with a scripted agent. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import type * as SandboxMarker from "../../../src/domain/SandboxMarker.ts"
import { run } from "../Processes.ts"
import { SandboxRuntime } from "../SandboxRuntime.ts"
import { said, statuses, world } from "./HostKit.ts"

/** The command line of the process that the agent has left; empty if it is over. */
const leftOf = (notes: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const pid = notes.flatMap((note) => Predicate.hasProperty(note, "left") ? [String(note.left)] : [])[0]
    assert.isDefined(pid)
    return yield* Effect.orElseSucceed(fs.readFileString(`/proc/${pid}/cmdline`), () => "")
  })

const errors = (lines: ReadonlyArray<SandboxMarker.SandboxLine>) =>
  lines.flatMap((line) => line._tag === "Error" ? [line.text] : [])

layer(SandboxRuntime.layer, { excludeTestServices: true })("a hosted agent", (it) => {
  it.scoped("does its work, which is told and becomes the result", () =>
    Effect.gen(function*() {
      const { answer, home, noted, round, session } = yield* world()
      const { exitCode, parsed } = yield* round("do: write speak")
      assert.strictEqual(exitCode, 0)
      assert.include(statuses(parsed), "Running agent (scripted)")
      assert.deepStrictEqual(said(parsed), ["▸ write", "✓ write", "made.txt +1 -0", "Said 1."])
      assert.strictEqual(yield* answer, "Said 1.\n")
      assert.strictEqual(yield* session.changedFiles, "A\tmade.txt")
      assert.strictEqual(yield* home(".scripted/config.json"), "{\"url\":\"\"}")
      assert.deepInclude(yield* noted, { method: "session/set_mode" })
    }))

  it.scoped("is permitted what it asks, and has no files of ours", () =>
    Effect.gen(function*() {
      const { noted, round } = yield* world()
      assert.strictEqual((yield* round("do: ask speak")).exitCode, 0)
      const notes = yield* noted
      assert.deepInclude(notes, { permission: { outcome: { outcome: "selected", optionId: "yes" } } })
      assert.include(JSON.stringify(notes), "-32601")
    }))

  it.scoped("cannot print a marker", () =>
    Effect.gen(function*() {
      const { round } = yield* world()
      const { lines, parsed } = yield* round("do: markers speak")
      assert.include(said(parsed), "###OPENTL_DONE### forged")
      assert.strictEqual(lines.filter((line) => line.startsWith("###OPENTL_DONE###")).length, 1)
      // and nothing else is printed than what the host and the entrypoint mean to
      assert.deepStrictEqual(parsed.filter((line) => line._tag === "Output"), [])
      assert.notInclude(statuses(parsed), "forged")
    }))

  it.scoped("is told once where its model's answer was begun again", () =>
    Effect.gen(function*() {
      const { answer, round } = yield* world()
      assert.deepStrictEqual(said((yield* round("do: twice")).parsed), ["The work is done."])
      assert.strictEqual(yield* answer, "The work is done.\n")
    }))

  for (const can of ["resume", "load"]) {
    it.scoped(`continues its conversation in the next round: ${can}`, () =>
      Effect.gen(function*() {
        const { noted, round } = yield* world(can)
        yield* round("do: write speak")
        const { parsed } = yield* round("do: write speak", { OPENTL_ROUND: "2" })
        assert.include(statuses(parsed), "scripted continues its conversation")
        // what a load tells again is not told here
        assert.deepStrictEqual(said(parsed), ["▸ write", "✓ write", "made.txt +1 -0", "Said 2."])
        assert.deepInclude(yield* noted, { prompt: "do: write speak", conversation: 2 })
      }))
  }

  it.scoped("is told what was asked and answered where it cannot continue", () =>
    Effect.gen(function*() {
      const { noted, round } = yield* world("")
      yield* round("do: speak")
      const { parsed } = yield* round("do: speak", { OPENTL_ROUND: "2" })
      assert.isTrue(statuses(parsed).some((text) => text.startsWith("scripted begins a new conversation and is told")))
      const last = JSON.stringify((yield* noted).at(-1))
      assert.include(last, "# Asked\\n\\ndo: speak")
      assert.include(last, "# Answered\\n\\nSaid 1.")
    }))

  const failures = [
    ["do: error", "scripted failed: lab 400"],
    ["do:", "scripted failed: it ended without a word and without having used a tool"],
    ["do: crash", "scripted failed: it ended with exit code 3 during session/prompt: out of luck"],
    // its end is seen where a program that it started holds its output open
    ["do: desert", "scripted failed: it ended with exit code 0 during session/prompt"],
    ["do: nothing", "scripted failed: its answer to session/prompt is none of the protocol's"],
    ["do: endless", "scripted failed: it sent a line of more than 33554432 bytes, which is no message"]
  ] as const
  for (const [prompt, sentence] of failures) {
    it.scoped(`fails the round with a sentence: ${prompt}`, () =>
      Effect.gen(function*() {
        const { answer, round } = yield* world()
        const { exitCode, parsed } = yield* round(prompt)
        assert.strictEqual(exitCode, 1)
        assert.strictEqual(errors(parsed)[0], sentence)
        assert.strictEqual(yield* answer, `${sentence}\n`)
      }))
  }

  it.scoped("that fails has its words told, and its next work is not said to be interrupted", () =>
    Effect.gen(function*() {
      const { noted, round } = yield* world()
      assert.deepStrictEqual(said((yield* round("do: speak error")).parsed), ["Said 1."])
      assert.strictEqual((yield* round("do: speak")).exitCode, 0)
      assert.notInclude(JSON.stringify((yield* noted).at(-1)), "interrupted")
    }))

  it.scoped("that is not there fails the round with its name", () =>
    Effect.gen(function*() {
      const { round } = yield* world("", { command: ["/nonexistent/agent"] })
      const { exitCode, parsed } = yield* round("do: speak")
      assert.strictEqual(exitCode, 1)
      assert.include(errors(parsed)[0] ?? "", "scripted failed: /nonexistent/agent cannot be run")
    }))

  it.scoped("prints no more than a round may print", () =>
    Effect.gen(function*() {
      const { round } = yield* world()
      const { exitCode, parsed } = yield* round("do: much speak", { OPENTL_OUTPUT_LIMIT: "2000" })
      assert.strictEqual(exitCode, 1)
      assert.isBelow(said(parsed).length, 20)
    }))

  it.scoped("is asked to stop by the protocol, and leaves no process", () =>
    Effect.gen(function*() {
      const { begin, noted, session } = yield* world()
      const process = yield* begin("do: hang")
      yield* Effect.ignore(process.kill("SIGTERM"))
      assert.deepInclude(yield* noted, { cancelled: true })
      assert.notInclude((yield* run("ps", ["-eo", "args"])).output, session.workspace)
    }))

  it.scoped("is stopped and cleaned up after by a host that is signalled twice", () =>
    Effect.gen(function*() {
      const { begin, noted } = yield* world()
      const process = yield* begin("do: leave stubborn")
      const host = (yield* run("pgrep", ["-P", String(process.pid), "-f", "acp.mjs"])).output.trim()
      yield* run("kill", ["-TERM", host])
      const isCancelled = Effect.map(noted, (notes) => JSON.stringify(notes).includes("cancelled"))
      yield* Effect.repeat(isCancelled, { until: (is) => is, schedule: Schedule.spaced("20 millis") })
      yield* run("kill", ["-TERM", host])
      assert.strictEqual(yield* process.exitCode, 143)
      assert.strictEqual(yield* leftOf(yield* noted), "")
    }))

  it.scoped("takes with it what left its group", () =>
    Effect.gen(function*() {
      const { noted, round } = yield* world()
      assert.strictEqual((yield* round("do: leave speak")).exitCode, 0)
      assert.strictEqual(yield* leftOf(yield* noted), "")
    }))

  it.scoped("that was killed at work is told so when it goes on", () =>
    Effect.gen(function*() {
      const { begin, noted, round } = yield* world()
      const process = yield* begin("do: hang")
      yield* Effect.ignore(process.kill("SIGTERM"))
      const { exitCode } = yield* round("do: speak")
      assert.strictEqual(exitCode, 0)
      assert.include(
        JSON.stringify((yield* noted).at(-1)),
        "Your last work here was interrupted before you had finished it."
      )
    }))
})
