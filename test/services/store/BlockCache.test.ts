import { assert, describe, it } from "@effect/vitest"
import { SessionId } from "../../../src/domain/Ids.ts"
import * as BlockCache from "../../../src/services/store/BlockCache.ts"

const [one, other] = [SessionId.make("00000000000a"), SessionId.make("00000000000b")]

const block = (first: number, last: number, size = 1000) => ({ first, last, bytes: Buffer.alloc(size) })

describe("the cache of blocks", () => {
  it("finds the block with the next event after a cursor, of that session", () => {
    const cache = BlockCache.make()
    const blocks = [block(1, 10), block(11, 30), block(41, 50)]
    for (const index of [2, 0, 1]) for (const found of blocks.slice(index, index + 1)) cache.add(one, found)
    for (const [after, index] of [[0, 0], [9, 0], [10, 1], [29, 1], [40, 2], [49, 2]] as const) {
      assert.strictEqual(cache.find(one, after), blocks[index])
    }
    for (const after of [30, 39, 50, 1000]) assert.isUndefined(cache.find(one, after))
    assert.isUndefined(cache.find(other, 0))
  })

  it("lets a longer block take the place of one with the same beginning", () => {
    const cache = BlockCache.make()
    cache.add(one, block(1, 5))
    const before = cache.bytes()
    const longer = block(1, 9)
    cache.add(one, longer)
    assert.strictEqual(cache.find(one, 2), longer)
    assert.strictEqual(cache.bytes(), before)
  })

  it("is bounded by bytes: what was not used for longest goes first", () => {
    const cache = BlockCache.make(10_000)
    for (let i = 0; i < 6; i++) cache.add(i % 2 === 0 ? one : other, block(i * 10 + 1, i * 10 + 10))
    cache.find(one, 0)
    for (let i = 6; i < 9; i++) cache.add(one, block(i * 10 + 1, i * 10 + 10))
    assert.isAtMost(cache.bytes(), 10_000)
    assert.isDefined(cache.find(one, 0))
    assert.isUndefined(cache.find(other, 10))
    cache.add(one, block(1001, 1001, 20_000))
    assert.strictEqual(cache.bytes(), 0, "what is larger than the cache is not kept")
  })

  it("gives back everything that was not used between two sweeps", () => {
    const cache = BlockCache.make()
    cache.add(one, block(1, 10))
    cache.add(one, block(11, 20))
    cache.sweep()
    cache.find(one, 0)
    cache.sweep()
    assert.isDefined(cache.find(one, 0))
    assert.isUndefined(cache.find(one, 10))
    cache.sweep()
    cache.sweep()
    assert.strictEqual(cache.bytes(), 0)
  })
})
