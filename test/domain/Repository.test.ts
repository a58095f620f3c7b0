import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { BranchName } from "../../src/domain/Ids.ts"
import { parse, parseReference, Repository, show } from "../../src/domain/Repository.ts"

const isRepository = (text: string) => Either.isRight(parse(text))
const shown = (text: string, server?: string) => Either.map(parse(text, server), show)
const refusal = (text: string, server?: string) =>
  Either.match(parse(text, server), { onLeft: (error) => error.message, onRight: show })

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

const addresses = (host: string) => [
  `https://${host}/acme/widgets`,
  `https://${host}/acme/widgets/`,
  `https://${host}/acme/widgets.git`,
  `https://${host}/acme/widgets.git/`,
  `http://${host}/acme/widgets`,
  `HTTPS://${host.toUpperCase()}/acme/widgets`,
  `${host}/acme/widgets`,
  `git@${host}:acme/widgets.git`,
  `git@${host}:acme/widgets`,
  `git@${host}:/acme/widgets.git`,
  `${host}:acme/widgets.git`,
  `ssh://git@${host}/acme/widgets.git`,
  `ssh://git@${host}:22/acme/widgets`,
  `git+ssh://git@${host}/acme/widgets.git`,
  `  https://${host}/acme/widgets  `
]

describe("a repository's address", () => {
  it("is taken as the browser and the clone have it", () => {
    const widgets = Either.right("acme/widgets")
    for (const text of addresses("github.com")) assert.deepStrictEqual(shown(text), widgets, text)
    assert.deepStrictEqual(shown("https://www.github.com/acme/widgets"), widgets)
    assert.deepStrictEqual(shown("ssh://git@ssh.github.com:443/acme/widgets.git"), widgets)
    assert.deepStrictEqual(shown("git@github.com:123/456.git"), Either.right("123/456"))
  })

  it("may be on the configured server, too, and on github.com all the same", () => {
    for (const text of [...addresses("github.corp.test"), ...addresses("github.com")]) {
      assert.deepStrictEqual(shown(text, "https://github.corp.test"), Either.right("acme/widgets"), text)
    }
    const withPort = "http://127.0.0.1:4567"
    assert.deepStrictEqual(shown("http://127.0.0.1:4567/acme/widgets.git", withPort), Either.right("acme/widgets"))
    assert.isTrue(Either.isLeft(shown("http://127.0.0.1/acme/widgets", withPort)))
    const below = "https://corp.test/github"
    assert.deepStrictEqual(shown("https://corp.test/github/acme/widgets", below), Either.right("acme/widgets"))
    assert.isTrue(Either.isLeft(shown("https://corp.test/acme/widgets", below)))
  })

  it("is kept as it is until the server is known, and reads back then", () => {
    for (const text of addresses("github.corp.test")) {
      const reference = Either.getOrThrow(parseReference(text))
      assert.strictEqual(reference._tag, "Remote", text)
      const again = parse(show(reference), "https://github.corp.test")
      assert.deepStrictEqual(again, Either.right(Repository.GitHub({ owner: "acme", name: "widgets" })), text)
    }
  })

  it("is refused elsewhere, with what is wrong and what is accepted", () => {
    const wrong: ReadonlyArray<readonly [text: string, reason: RegExp]> = [
      ["https://gitlab.com/acme/widgets", /is not on https:\/\/github\.com/],
      ["git@gitlab.com:acme/widgets.git", /is not on https:\/\/github\.com/],
      ["https://github.com.evil.test/acme/widgets", /is not on/],
      ["https://evil.test/github.com/acme/widgets", /is not on/],
      ["https://github.com:8443/acme/widgets", /is not on/],
      ["ssh://git@github.com:2222/acme/widgets", /names the port 2222/],
      ["https://github.com/acme", /does not end in owner\/name/],
      ["https://github.com/", /does not end in owner\/name/],
      ["https://github.com/acme/widgets/tree/main", /more than a repository's name/],
      ["https://github.com/acme/widgets?tab=readme", /more than a repository's name/],
      ["https://github.com/acme/widgets#readme", /more than a repository's name/],
      ["root@github.com:acme/widgets.git", /user other than git/],
      ["git://github.com/acme/widgets", /git:\/\/, which is not supported/],
      ["javascript://github.com/acme/widgets", /not supported/]
    ]
    for (const [text, reason] of wrong) {
      assert.match(refusal(text), reason)
      assert.match(refusal(text), /: give owner\/name or a URL on GitHub .* local git repository$/)
    }
  })

  it("is refused with a user or a password in it, and shows neither", () => {
    for (
      const text of [
        "https://ghp_secret@github.com/acme/widgets",
        "https://ada:ghp_secret@github.com/acme/widgets",
        "ssh://git:ghp_secret@github.com/acme/widgets",
        "ghp_secret@github.com:acme/widgets",
        "ada:ghp_secret@github.com/acme/widgets"
      ]
    ) {
      assert.isTrue(Either.isLeft(shown(text)), text)
      assert.notInclude(refusal(text), "ghp_secret")
    }
  })
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
