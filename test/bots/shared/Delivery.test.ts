/** What is shown of a turn, each thing once, wherever a server crashes. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Board, views } from "./Board.ts"

const all = ["opening", "status", "plan 1.0", "plan 1.1", "notice 0", "plan 2.0", "plan 2.1", "card 0", "log"]
const inOrder = [views.working, views.waiting, views.waitingAgain, views.ended]

const showAll = (board: Board) => Effect.forEach(inOrder, (view) => board.show(view), { discard: true })

describe("a turn on a third platform", () => {
  it.effect("shows everything in its order, once, and takes the buttons off what was answered", () =>
    Effect.gen(function*() {
      const board = new Board(true)
      yield* showAll(board)
      assert.deepStrictEqual(board.kinds, all)
      assert.deepStrictEqual(board.notes.filter(({ hasButtons }) => hasButtons).map(({ kind }) => kind), ["card 0"])
      assert.strictEqual(board.notes[1]?.text, "complete")
      assert.strictEqual(board.reaction, "complete")
    }))

  it.effect("says in a notice of its own what it waits for, and in the same one what became of it", () =>
    Effect.gen(function*() {
      const board = new Board(true)
      const noticed = () => board.notes.filter(({ kind }) => kind === "notice 0").map(({ text }) => text)
      yield* board.show(views.waiting)
      assert.deepStrictEqual(noticed(), ["waits"])
      yield* board.show(views.waitingAgain)
      assert.deepStrictEqual(noticed(), ["answered by ada"])
    }))

  it.effect("asks in the status where it is unknown whether its notice arrived", () =>
    Effect.gen(function*() {
      let board = new Board(false)
      // the process ends with the first step after the post
      for (let step = 1; !board.kinds.includes("notice 0"); step++) {
        board = new Board(false)
        yield* board.show(views.waiting, step)
      }
      yield* board.show(views.waiting)
      assert.strictEqual(board.kinds.filter((kind) => kind === "notice 0").length, 1)
      assert.include(board.notes.findLast(({ kind }) => kind === "status")?.text, "asks here")
      yield* board.show(views.waitingAgain)
      assert.notInclude(board.notes.findLast(({ kind }) => kind === "status")?.text, "asks here")
    }))

  it.effect("is not touched when nothing has changed", () =>
    Effect.gen(function*() {
      const board = new Board(true)
      yield* showAll(board)
      const { edits } = board
      yield* board.show(views.ended)
      assert.strictEqual(board.edits, edits)
      assert.deepStrictEqual(board.kinds, all)
    }))

  it.effect("shows what came together, together: plans that were overtaken, too, but nothing that it waited for", () =>
    Effect.gen(function*() {
      const board = new Board(true)
      yield* board.show(views.ended)
      assert.deepStrictEqual(board.kinds, all.filter((kind) => kind !== "notice 0"))
    }))

  it.effect("keeps the reaction and the thread's beginning for the next turn, and nothing else", () =>
    Effect.gen(function*() {
      const board = new Board(true)
      yield* showAll(board)
      yield* board.show({ ...views.working, turn: 2 })
      assert.deepStrictEqual(board.kinds, [...all, "status"])
      assert.strictEqual(board.reaction, "complete")
    }))
})

/** The boards after a crash at every step of showing each view, all views of the turn shown in the end. */
const crashing = (canFind: boolean) =>
  Effect.gen(function*() {
    const boards: Array<Board> = []
    for (const [index, view] of inOrder.entries()) {
      for (let step = 1, hasCrashed = true; hasCrashed; step++) {
        const board = new Board(canFind)
        yield* Effect.forEach(inOrder.slice(0, index), (each) => board.show(each))
        hasCrashed = Exit.isFailure(yield* board.show(view, step))
        yield* Effect.forEach(inOrder.slice(index), (each) => board.show(each))
        boards.push(board)
      }
    }
    return boards
  })

describe("a crash", () => {
  it.effect("at any step leaves everything there once, where a platform can be asked what it has", () =>
    Effect.gen(function*() {
      const boards = yield* crashing(true)
      assert.isAbove(boards.length, 60)
      for (const board of boards) {
        assert.deepStrictEqual(board.kinds, all)
        assert.strictEqual(board.notes[1]?.text, "complete")
        assert.deepStrictEqual(board.notes.filter(({ hasButtons }) => hasButtons).map(({ kind }) => kind), ["card 0"])
        assert.strictEqual(board.reaction, "complete")
      }
    }))

  it.effect("never posts a plan, a card or a file twice where it cannot: only the status, and it says so", () =>
    Effect.gen(function*() {
      for (const board of yield* crashing(false)) {
        const twice = board.kinds.filter((kind, index) => board.kinds.indexOf(kind) !== index)
        assert.isTrue(twice.every((kind) => kind === "status" || kind === "opening"), twice.join())
        const [status, continued] = board.notes.filter(({ kind }) => kind === "status")
        assert.isDefined(status)
        if (continued !== undefined) assert.strictEqual(continued.text, "complete, continued")
      }
    }))
})
