/** What stays in a cache of a certain size. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { evicted } from "../../src/domain/CacheEviction.ts"

const entries = FastCheck.uniqueArray(
  FastCheck.record({
    name: FastCheck.string({ minLength: 1 }),
    bytes: FastCheck.nat(100),
    usedAt: FastCheck.nat(1_000)
  }),
  { selector: ({ name }) => name }
)

describe("a cache", () => {
  it.prop("keeps what was used last, as much as it has room for, and nothing that is old", [
    entries,
    FastCheck.nat(300),
    FastCheck.nat(500)
  ], ([all, bytes, unusedMillis]) => {
    const gone = new Set(evicted(all, { bytes, now: 1_000, unusedMillis }))
    const kept = all.filter(({ name }) => !gone.has(name))
    const lost = all.filter(({ name }) => gone.has(name))
    assert.isAtMost(kept.reduce((sum, entry) => sum + entry.bytes, 0), bytes)
    const oldest = Math.min(...kept.map(({ usedAt }) => usedAt))
    assert.isTrue(kept.every(({ usedAt }) => 1_000 - usedAt <= unusedMillis))
    assert.isTrue(lost.every(({ usedAt }) => usedAt <= oldest))
    if (all.reduce((sum, entry) => sum + entry.bytes, 0) <= bytes && unusedMillis >= 1_000) {
      assert.strictEqual(gone.size, 0)
    }
  })
})
