import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ListSessions } from "../../src/actors/sessions/Sessions.ts"
import { newestSessions } from "../../src/cli/NewestSessions.ts"
import { SessionId } from "../../src/domain/Ids.ts"
import { session } from "./Harness.ts"

const all = Array.from(
  { length: 450 },
  (_, i) => session({ id: SessionId.make((450 - i).toString(16).padStart(12, "0")) })
)

/** How many sessions are listed, and the pages that are asked for. */
const listed = Effect.fnUntraced(function*(query: Parameters<typeof newestSessions>[1]) {
  const asked: Array<number> = []
  const list = ({ before, limit }: ListSessions) =>
    Effect.sync(() => {
      asked.push(limit)
      const from = before === undefined ? 0 : all.findIndex(({ id }) => id === before) + 1
      return { sessions: all.slice(from, from + limit), hasMore: from + limit < all.length }
    })
  const found = Chunk.toReadonlyArray(yield* Stream.runCollect(newestSessions({ sessions: { list } }, query)))
  return { asked, ids: found.map(({ id }) => id) }
})

describe("the newest sessions", () => {
  it.effect("are all there are, page by page", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* listed({}), { asked: [200, 200, 200], ids: all.map(({ id }) => id) })
    }))

  it.effect("are as many as are wanted, and no page more", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* listed({ limit: 30 }), { asked: [30], ids: all.slice(0, 30).map(({ id }) => id) })
      const { ids } = yield* listed({ limit: 250 })
      assert.deepStrictEqual(ids, all.slice(0, 250).map(({ id }) => id))
    }))
})
