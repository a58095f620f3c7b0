import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import { Octokit } from "@octokit/rest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as GitHubStandIn from "./GitHubStandIn.ts"

const token = "ghp_real"
const slug = "acme/site"

const basic = (user: string, password: string) => `Basic ${Encoding.encodeBase64(`${user}:${password}`)}`

/** Runs git with nothing but a header to tell who it is, and gives its exit code and what it said. */
const git = (cwd: string, authorization: string | undefined, ...args: ReadonlyArray<string>) =>
  Effect.scoped(Effect.gen(function*() {
    const header: Record<string, string> = authorization === undefined ? {} : {
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "http.extraHeader",
      GIT_CONFIG_VALUE_0: `Authorization: ${authorization}`
    }
    const process = yield* Command.start(
      Command.make("git", "-c", "user.name=Agent", "-c", "user.email=agent@example.com", ...args).pipe(
        Command.workingDirectory(cwd),
        Command.env({ ...header, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0" })
      )
    )
    const said = (stream: typeof process.stdout) =>
      Effect.map(Stream.runCollect(Stream.decodeText(stream)), Chunk.join(""))
    const [out, err, code] = yield* Effect.all([said(process.stdout), said(process.stderr), process.exitCode], {
      concurrency: "unbounded"
    })
    return { code: Number(code), text: out + err }
  }))

const make = Effect.gen(function*() {
  const gitHub = yield* GitHubStandIn.make({ token })
  const url = yield* gitHub.createRepository({
    owner: "acme",
    name: "site",
    files: { "README.md": "# Site\n", "src/ünï \"quoted\".txt": "text\n" }
  })
  const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
  return { gitHub, url, directory, authorization: basic("x-access-token", token) }
})

const pushed = Effect.gen(function*() {
  const rig = yield* make
  const { authorization, directory, url } = rig
  const files = yield* FileSystem.FileSystem
  assert.strictEqual((yield* git(directory, authorization, "clone", "--quiet", url, "clone")).code, 0)
  const clone = `${directory}/clone`
  yield* git(clone, undefined, "checkout", "-q", "-b", "opentl/abc")
  yield* files.writeFileString(`${clone}/AGENT.txt`, "agent\n")
  yield* git(clone, undefined, "add", "AGENT.txt")
  yield* git(clone, undefined, "commit", "-q", "-m", "Add a file\n\nCo-authored-by: Ada <ada@example.com>")
  return { ...rig, clone, push: git(clone, authorization, "push", "origin", "HEAD:refs/heads/opentl/abc") }
})

layer(NodeContext.layer)("GitHubStandIn: git", (it) => {
  it.scoped("clones and takes a push, with the token in a header", () =>
    Effect.gen(function*() {
      const { clone, gitHub, push } = yield* pushed
      const files = yield* FileSystem.FileSystem
      assert.strictEqual(yield* files.readFileString(`${clone}/src/ünï "quoted".txt`), "text\n")
      const { code, text } = yield* push
      assert.strictEqual(code, 0, text)
      assert.deepStrictEqual(yield* gitHub.branches(slug), ["main", "opentl/abc"])
      assert.deepStrictEqual(yield* gitHub.fileAt(slug, "opentl/abc", "AGENT.txt"), Option.some("agent\n"))
      assert.deepStrictEqual(yield* gitHub.fileAt(slug, "main", "AGENT.txt"), Option.none())
      const log = yield* gitHub.log(slug, "opentl/abc")
      assert.deepStrictEqual(log.map((commit) => commit.subject), ["Add a file", "First commit"])
      assert.strictEqual(log[0]?.author, "Agent <agent@example.com>")
      assert.strictEqual(log[0]?.body, "Co-authored-by: Ada <ada@example.com>")
      assert.deepStrictEqual(log[0]?.parents, log.slice(1).map((commit) => commit.sha))
      const journal = yield* gitHub.journal.entries
      assert.isTrue(journal.every(({ auth, kind }) => kind === "git" && auth.user === "x-access-token"))
      assert.isTrue(journal.some((entry) => entry.path === "/acme/site.git/git-receive-pack"))
    }))

  it.scoped("takes a pack that git sends in chunks", () =>
    Effect.gen(function*() {
      const { clone, gitHub, push } = yield* pushed
      // Noise that does not compress, larger than git's buffer for a request of known length (1 MiB).
      const noise = new Uint8Array(2 * 1024 * 1024)
      noise.reduce((seed, _, index) => {
        noise[index] = seed >>> 16
        return (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      }, 1)
      yield* (yield* FileSystem.FileSystem).writeFile(`${clone}/noise.bin`, noise)
      yield* git(clone, undefined, "add", "noise.bin")
      yield* git(clone, undefined, "commit", "-q", "-m", "Noise")
      const { code, text } = yield* push
      assert.strictEqual(code, 0, text)
      const post = (yield* gitHub.journal.entries).filter((entry) => entry.path.endsWith("/git-receive-pack")).at(-1)
      assert.strictEqual(post?.headers["transfer-encoding"], "chunked")
    }))

  it.scoped("takes a request that git compressed", () =>
    Effect.gen(function*() {
      const { authorization, clone, gitHub } = yield* pushed
      const commits = Array.from({ length: 40 }, (_, index) => `${index}`)
      yield* Effect.forEach(commits, (message) => git(clone, undefined, "commit", "-q", "--allow-empty", "-m", message))
      yield* gitHub.commit(slug, { branch: "main", files: { "later.txt": "later\n" }, message: "Later" })
      const { code, text } = yield* git(clone, authorization, "fetch", "origin", "main")
      assert.strictEqual(code, 0, text)
      const posts = (yield* gitHub.journal.entries).map((entry) => entry.headers["content-encoding"])
      assert.include(posts, "gzip")
    }))

  it.scoped("shows an open pull request the new head, and keeps a branch that a push would rewrite", () =>
    Effect.gen(function*() {
      const { clone, gitHub, push } = yield* pushed
      yield* push
      const octokit = new Octokit({ baseUrl: gitHub.apiUrl, auth: token })
      const pull = { owner: "acme", repo: "site", title: "One", head: "opentl/abc", base: "main" }
      yield* Effect.promise(() => octokit.pulls.create(pull))
      yield* git(clone, undefined, "commit", "-q", "--allow-empty", "-m", "More")
      yield* push
      const [head, before] = yield* gitHub.log(slug, "opentl/abc")
      assert.strictEqual(head?.subject, "More")
      assert.notStrictEqual(head?.sha, before?.sha)
      assert.strictEqual((yield* gitHub.pullRequests(slug))[0]?.headSha, head?.sha)
      yield* git(clone, undefined, "commit", "-q", "--allow-empty", "--amend", "-m", "Amended")
      assert.include((yield* push).text, "rejected")
      assert.strictEqual((yield* gitHub.pullRequests(slug))[0]?.headSha, head?.sha)
    }))

  it.scoped("lets nobody in without the token as git's password", () =>
    Effect.gen(function*() {
      const { directory, gitHub, url } = yield* make
      const clone = (authorization: string | undefined) => git(directory, authorization, "clone", url, "clone")
      for (
        const authorization of [
          undefined,
          `Bearer ${token}`,
          `token ${token}`,
          basic("x-access-token", "ghp_dummy"),
          basic("somebody", token)
        ]
      ) {
        const { code, text } = yield* clone(authorization)
        assert.strictEqual(code, 128)
        assert.match(text, /Authentication failed|could not read Username/)
      }
      const schemes = (yield* gitHub.journal.entries).map((entry) => [entry.auth.scheme, entry.status])
      assert.deepInclude(schemes, ["none", 401])
      assert.deepInclude(schemes, ["bearer", 401])
    }))

  it.scoped("refuses what is not there, what is not allowed, and the dumb protocol", () =>
    Effect.gen(function*() {
      const { authorization, clone, gitHub } = yield* pushed
      const to = (name: string) =>
        git(clone, authorization, "push", `${gitHub.serverUrl}/acme/${name}.git`, "HEAD:refs/heads/x")
      assert.include((yield* to("absent")).text, "not found")
      yield* gitHub.createRepository({ owner: "acme", name: "read", files: {}, push: false })
      assert.include((yield* to("read")).text, "403")
      const fetched = yield* Effect.promise((signal) =>
        fetch(`${gitHub.serverUrl}/acme/site.git/info/refs`, { headers: { authorization }, signal })
      )
      assert.strictEqual(fetched.status, 403)
    }))

  it.scoped("loses the answer to a push that is done", () =>
    Effect.gen(function*() {
      const { gitHub, push } = yield* pushed
      yield* gitHub.failNext(GitHubStandIn.loseAnswer, {
        when: (request) => request.path.endsWith("/git-receive-pack")
      })
      assert.notStrictEqual((yield* push).code, 0)
      assert.include(yield* gitHub.branches(slug), "opentl/abc")
      const again = yield* push
      assert.strictEqual(again.code, 0, again.text)
    }))

  it.scoped("refuses a push for a while", () =>
    Effect.gen(function*() {
      const { gitHub, push } = yield* pushed
      yield* gitHub.failNext(GitHubStandIn.serverError(503))
      const { code, text } = yield* push
      assert.notStrictEqual(code, 0)
      assert.include(text, "503")
      assert.strictEqual((yield* push).code, 0)
    }))

  it.scoped("takes its repositories away with its scope", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const { directory } = yield* Effect.scoped(Effect.gen(function*() {
        const { gitHub } = yield* make
        assert.isTrue(yield* files.exists(`${gitHub.directory}/acme/site.git/HEAD`))
        return gitHub
      }))
      assert.isFalse(yield* files.exists(directory))
    }))
})
