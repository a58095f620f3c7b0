import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { BranchName } from "../../src/domain/Ids.ts"
import { parse, show } from "../../src/domain/Repository.ts"

const isRepository = (text: string) => Either.isRight(parse(text))

describe("a repository's name", () => {
  it("is owner/name, an absolute path or a file URL", () => {
    for (const text of ["acme/app", "a-b/c.d_e", "/srv/git/app.git", "file:///srv/git/app.git", "file:///srv/a%20b"]) {
      assert.isTrue(isRepository(text), text)
    }
  })

  it("is nothing else", () => {
    for (
      const text of [
        "",
        " ",
        "app",
        "../..",
        "a/..",
        "./app",
        "a/b/c",
        "-x/y",
        "a/b c",
        "a/b;rm",
        "a/$(id)",
        "https://github.com/a/b",
        "git@github.com:a/b",
        "file://host/x",
        "/",
        "/a/../b",
        "a/b\0",
        "file:///%",
        "a/.git",
        "a/b.git"
      ]
    ) assert.isFalse(isRepository(text), JSON.stringify(text))
  })

  it("reads back as what it was shown as", () =>
    FastCheck.assert(FastCheck.property(FastCheck.string(), (text) => {
      const once = parse(text)
      if (Either.isRight(once)) assert.deepStrictEqual(parse(show(once.right)), once)
    })))
})

describe("a branch's name", () => {
  it("is what git takes for one", () => {
    const isBranch = Schema.is(BranchName)
    for (const name of ["main", "opentl/0123", "a.b", "feature/x-1"]) assert.isTrue(isBranch(name), name)
    for (
      const name of [
        "",
        "-d",
        "a..b",
        "a b",
        "a~1",
        "a^",
        "x.lock",
        "/a",
        "a/",
        "a//b",
        "@",
        "HEAD",
        "a@{1}",
        ".a",
        "a/.b"
      ]
    ) {
      assert.isFalse(isBranch(name), name)
    }
  })
})
