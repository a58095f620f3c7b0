/** Questions and their answers, key by key: how `Terminal.test.ts` cuts a paste is up to the kernel, here it is up to us. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Entered } from "../../../src/cli/terminal/LineEditor.ts"
import { Stdio } from "../../../src/cli/terminal/Stdio.ts"
import { screen } from "../../support/Screen.ts"
import { keys, paste } from "../../support/Terminal.ts"
import { makeProcess } from "../Harness.ts"

const opened = Effect.gen(function*() {
  const { process, stderr, stdin } = makeProcess([], { tty: true })
  const stdio = yield* Effect.provide(Stdio, Stdio.layer(process))
  const type = (text: string) => Effect.promise(() => new Promise<void>((done) => stdin.write(text, () => done())))
  return { stderr, stdin, stdio, type, shown: () => screen(stderr.text.replaceAll(/\r*\n/g, "\r\n"), 100) }
})

const line = (text: string) => Entered.Line({ text })

describe("the line editor", () => {
  it.scoped("answers questions one after the other, in whatever pieces the keys come", () =>
    Effect.gen(function*() {
      const { stdin, stdio } = yield* opened
      const editor = yield* stdio.editor
      const answers = yield* Effect.fork(Effect.all([editor.ask("One? "), editor.ask("Two? "), editor.ask("Three? ")]))
      yield* Effect.yieldNow()
      const bytes = Buffer.from("grün\rzwei\r\ndrei\n")
      for (const byte of bytes) stdin.write(Buffer.of(byte))
      assert.deepStrictEqual(yield* Fiber.join(answers), [line("grün"), line("zwei"), line("drei")])
    }))

  it.scoped("takes a paste as one answer, and does not send it off", () =>
    Effect.gen(function*() {
      const { shown, stdio, type } = yield* opened
      const editor = yield* stdio.editor
      const answer = yield* Effect.fork(editor.ask("Why? "))
      yield* Effect.yieldNow()
      const bytes = paste("one\n\ntwo\n")
      for (const char of bytes) yield* type(char)
      assert.isNull(answer.unsafePoll())
      yield* type(`three${keys.enter}`)
      assert.deepStrictEqual(yield* Fiber.join(answer), line("one\n\ntwo\nthree"))
      assert.deepStrictEqual(shown().slice(0, 4), ["Why? one", "", "two", "three"])
    }))

  it.scoped("knows Ctrl-C, Ctrl-D and the end of standard input", () =>
    Effect.gen(function*() {
      const interrupted = yield* opened
      const first = yield* Effect.fork(Effect.flatMap(interrupted.stdio.editor, (editor) => editor.ask("? ")))
      yield* Effect.yieldNow()
      yield* interrupted.type(`half a line${keys.ctrlC}`)
      assert.deepStrictEqual(yield* Fiber.join(first), Entered.Interrupt())

      const left = yield* opened
      const second = yield* Effect.fork(Effect.flatMap(left.stdio.editor, (editor) => editor.ask("? ")))
      yield* Effect.yieldNow()
      yield* left.type(keys.ctrlD)
      assert.deepStrictEqual(yield* Fiber.join(second), Entered.End())

      const ended = yield* opened
      const third = yield* Effect.fork(Effect.flatMap(ended.stdio.editor, (editor) => editor.ask("? ")))
      yield* Effect.yieldNow()
      ended.stdin.end()
      assert.deepStrictEqual(yield* Fiber.join(third), Entered.End())
      // and once more: nothing is waited for that cannot come
      const again = yield* Effect.scoped(Effect.flatMap(ended.stdio.editor, (editor) => editor.ask("? ")))
      assert.deepStrictEqual(again, Entered.End())
    }))

  it.scoped("keeps the question and what was typed below all that is printed meanwhile", () =>
    Effect.gen(function*() {
      const { shown, stdio, type } = yield* opened
      const editor = yield* stdio.editor
      const answer = yield* Effect.fork(editor.ask("Why? "))
      yield* Effect.yieldNow()
      yield* type("because")
      yield* stdio.err("something happened\n")
      assert.deepStrictEqual(shown(), ["something happened", "Why? because"])
      yield* type(keys.enter)
      assert.deepStrictEqual(yield* Fiber.join(answer), line("because"))
      yield* stdio.err("and more\n")
      assert.deepStrictEqual(shown(), ["something happened", "Why? because", "and more", ""])
    }))

  it.scoped("gives the keyboard back, and begins a new line where the question stays without an answer", () =>
    Effect.gen(function*() {
      const { shown, stdin, stdio } = yield* opened
      const asking = yield* Effect.fork(
        Effect.scoped(Effect.flatMap(stdio.editor, (editor) => editor.ask("Approve? ")))
      )
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(asking)
      yield* stdio.err("approved elsewhere\n")
      assert.deepStrictEqual(shown(), ["Approve?", "approved elsewhere", ""])
      assert.isTrue(stdin.isPaused())
      assert.strictEqual(stdin.listenerCount("keypress"), 0)
    }))
})
