/** Which repository `opentl run` is about where `--repo` is not given. */
import { assert, describe, it } from "@effect/vitest"
import { choose, gitHubRemotes } from "../../src/cli/RepositoryOption.ts"

const server = "https://github.com"
const listing = (...remotes: ReadonlyArray<readonly [name: string, url: string]>) =>
  remotes.flatMap(([name, url]) => [`${name}\t${url} (fetch)`, `${name}\t${url} (push)`]).join("\n")
const chosen = (...remotes: ReadonlyArray<readonly [name: string, url: string]>) =>
  choose(gitHubRemotes(listing(...remotes), server))

describe("a clone's repository", () => {
  it("is the one that origin leads to", () => {
    const acme = { name: "origin", repo: "acme/widgets" }
    for (
      const url of [
        "https://github.com/acme/widgets.git",
        "https://github.com/acme/widgets",
        "git@github.com:acme/widgets.git",
        "ssh://git@github.com/acme/widgets.git",
        "https://x-access-token:ghs_secret@github.com/acme/widgets.git"
      ]
    ) {
      assert.deepStrictEqual(chosen(["origin", url]), acme, url)
      assert.deepStrictEqual(chosen(["upstream", "git@github.com:up/widgets.git"], ["origin", url]), acme, url)
    }
  })

  it("is the only one on GitHub, where origin is elsewhere", () => {
    assert.deepStrictEqual(
      chosen(["origin", "git@gitlab.com:acme/widgets.git"], ["github", "git@github.com:acme/widgets.git"]),
      { name: "github", repo: "acme/widgets" }
    )
    assert.deepStrictEqual(
      chosen(["a", "git@github.com:acme/widgets.git"], ["b", "https://github.com/acme/widgets"]),
      { name: "a", repo: "acme/widgets" }
    )
  })

  it("is none where there are several, or none on GitHub", () => {
    assert.isUndefined(chosen(["a", "git@github.com:acme/widgets.git"], ["b", "https://github.com/up/widgets"]))
    assert.isUndefined(chosen(["origin", "git@gitlab.com:acme/widgets.git"], ["disk", "/srv/git/widgets.git"]))
    assert.isUndefined(chosen())
  })

  it("may be on the configured server", () => {
    const remotes = listing(["origin", "git@github.corp.test:acme/widgets.git"])
    assert.deepStrictEqual(gitHubRemotes(remotes, server), [])
    assert.deepStrictEqual(gitHubRemotes(remotes, "https://github.corp.test"), [{
      name: "origin",
      repo: "acme/widgets"
    }])
  })
})
