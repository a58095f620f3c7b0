import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { BranchName } from "../../../src/domain/Ids.ts"
import * as BundleHeader from "../../../src/services/git/BundleHeader.ts"

const branch = BranchName.make("opentl/0123456789ab")
const id = "a".repeat(40)
const pack = "PACK\0\0\0\u0002\0\0\u0001\u0002the objects"

const read = (text: string) => BundleHeader.parse(Buffer.from(text, "latin1"), branch)
const refused = (text: string) => Either.getOrElse(Either.flip(read(text)), () => "taken")

describe("BundleHeader", () => {
  it("reads the one reference, what it builds upon, and how many objects follow", () => {
    const expected = { format: "sha1", prerequisites: new Array<string>(), tip: id, objects: 258 } as const
    assert.deepStrictEqual(read(`# v2 git bundle\n${id} refs/heads/${branch}\n\n${pack}`), Either.right(expected))
    const other = "b".repeat(40)
    const words = `-${other} what was f\u00fcrst\n`
    assert.deepStrictEqual(
      read(`# v2 git bundle\n${words}${words}${id} refs/heads/${branch}\n\n${pack}`),
      Either.right({ ...expected, prerequisites: [other, other] })
    )
    assert.deepStrictEqual(
      read(`# v3 git bundle\n@object-format=sha256\n${"c".repeat(64)} refs/heads/${branch}\n\n${pack}`),
      Either.right({ ...expected, format: "sha256", tip: "c".repeat(64) })
    )
  })

  it("says what is wrong", () => {
    assert.include(refused("PACK"), "does not look like a git bundle")
    assert.include(refused("# v4 git bundle\n"), "does not look like a git bundle")
    assert.include(refused(`# v2 git bundle\n\n${pack}`), "contains no branch")
    assert.include(refused(`# v2 git bundle\n${id} refs/heads/main\n\n${pack}`), "refs/heads/main, but only")
    assert.include(refused(`# v2 git bundle\n${id} refs/heads/\u001b[31m\n\n${pack}`), "refs/heads/?[31m, but only")
    assert.include(
      refused(`# v2 git bundle\n${`${id} refs/heads/${branch}\n`.repeat(2)}\n${pack}`),
      "more than once"
    )
    assert.include(refused(`# v3 git bundle\n@filter=blob:none\n`), "wants \"@filter=blob:none\"")
    assert.include(refused(`# v2 git bundle\n-abc\n`), "malformed")
    assert.include(refused(`# v2 git bundle\n${id}\n`), "malformed")
    assert.include(refused(`# v2 git bundle\n${id} refs/heads/${branch}\n`), "has no end")
    assert.include(refused(`# v2 git bundle\n${id} refs/heads/${branch}\n\nPACK`), "has no pack")
    assert.include(refused(`# v2 git bundle\n${`-${id} x\n`.repeat(3000)}`), "longer than 65536 bytes")
  })

  it.prop("reads anything without failing", [
    FastCheck.array(
      FastCheck.oneof(
        FastCheck.constantFrom(
          "# v2 git bundle\n",
          "-",
          id,
          " ",
          `refs/heads/${branch}`,
          "\n",
          "@object-format=sha1\n",
          pack
        ),
        FastCheck.string({ unit: "binary" })
      )
    )
  ], ([parts]) => {
    const result = BundleHeader.parse(Buffer.from(parts.join("")), branch)
    assert.isTrue(Either.isEither(result))
  })
})
