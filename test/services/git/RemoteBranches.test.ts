/** A remote is asked over git's protocol: the stand-in's answers are those of git's own `http-backend`. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, layer } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import { BranchName } from "../../../src/domain/Ids.ts"
import type { Remote } from "../../../src/services/forge/Forge.ts"
import * as PktLine from "../../../src/services/git/PktLine.ts"
import * as RemoteBranches from "../../../src/services/git/RemoteBranches.ts"
import * as GitHubStandIn from "../../standins/github/GitHubStandIn.ts"
import * as Support from "../../support/Git.ts"
import { gitHubWithRepository, slug, token } from "../../support/GitHubWorld.ts"
import * as Logged from "../../support/Logged.ts"
import { serve } from "../../support/Loopback.ts"

const basic = (token: string) => `Basic ${Encoding.encodeBase64(`x-access-token:${token}`)}`

/** A client in an environment with these variables, and no others. */
const clientIn = (variables: ReadonlyArray<readonly [string, string]>) =>
  Effect.withConfigProvider(RemoteBranches.make, ConfigProvider.fromMap(new Map(variables)))

const setup = Effect.gen(function*() {
  const gitHub = yield* gitHubWithRepository
  const remoteOf = (slug: string, token: string): Remote => ({
    url: `${gitHub.serverUrl}/${slug}.git`,
    authorization: Option.some(Redacted.make(basic(token)))
  })
  const tip = (branch: string) => Support.commitOf(`${gitHub.directory}/${slug}.git`, `refs/heads/${branch}`)
  return { gitHub, remote: remoteOf(slug, token), remoteOf, remotes: yield* clientIn([]), tip }
})

const branches = (...names: ReadonlyArray<string>): RemoteBranches.Question => ({
  names: names.map((name) => BranchName.make(name)),
  withDefault: false
})

const lines = (...texts: ReadonlyArray<string>) => texts.map((text) => PktLine.Packet.Line({ text }))

const body = (...packets: ReadonlyArray<PktLine.Packet>) =>
  HttpServerResponse.uint8Array(PktLine.encode(packets), { contentType: "application/x-git-upload-pack-result" })

layer(NodeContext.layer)("A remote's branches", (it) => {
  it.scoped("are the commits of those that were asked for, in one request, and of none that begins like them", () =>
    Effect.gen(function*() {
      const { gitHub, remote, remotes, tip } = yield* setup
      for (const branch of ["main-2", "mainly/x", "opentl/a", "ä"]) {
        yield* gitHub.commit(slug, { branch, files: { [branch]: branch }, message: branch })
      }
      const answer = yield* remotes.ask(remote, branches("main", "opentl", "opentl/a", "mai", "ä"))
      assert.deepStrictEqual([...answer], [
        ["main", Option.some(yield* tip("main"))],
        ["opentl", Option.none()],
        ["opentl/a", Option.some(yield* tip("opentl/a"))],
        ["mai", Option.none()],
        ["ä", Option.some(yield* tip("ä"))]
      ])
      const [entry, ...others] = yield* gitHub.journal.entries
      assert.deepStrictEqual([entry?.method, entry?.path, others.length], ["POST", `/${slug}.git/git-upload-pack`, 0])
      // some hosts speak git's protocol only with such a client
      assert.match(entry?.headers["user-agent"] ?? "", /^git\/2/)
    }))

  it.scoped("have the default branch among them, if that is asked for", () =>
    Effect.gen(function*() {
      const { gitHub, remotes, remoteOf, tip } = yield* setup
      const ask = (slug: string, ...names: ReadonlyArray<string>) =>
        Effect.map(remotes.ask(remoteOf(slug, token), { ...branches(...names), withDefault: true }), (all) => [...all])
      const main = ["main", Option.some(yield* tip("main"))]
      assert.deepStrictEqual(yield* ask(slug, "other"), [["other", Option.none()], main])
      assert.deepStrictEqual(yield* ask(slug, "main"), [main])
      yield* gitHub.createRepository({ owner: "acme", name: "u", files: { a: "a" }, defaultBranch: "höhe" })
      assert.deepStrictEqual((yield* ask("acme/u", "main"))[1]?.[0], "höhe")
      yield* gitHub.createRepository({ owner: "acme", name: "empty", files: {} })
      assert.deepStrictEqual(yield* ask("acme/empty", "main"), [["main", Option.none()]])
    }))

  it.scoped("are asked for over the connections of earlier questions", () =>
    Effect.gen(function*() {
      const ports = new Array<number | undefined>()
      const url = yield* serve(() =>
        Effect.map(HttpServerRequest.HttpServerRequest, (request) => {
          ports.push(NodeHttpServerRequest.toIncomingMessage(request).socket.remotePort)
          return body(PktLine.Packet.Flush())
        })
      )
      const remotes = yield* clientIn([])
      const remote: Remote = { url: `${url}/a.git`, authorization: Option.none() }
      for (const name of "abcdefghij") yield* remotes.ask(remote, branches(name))
      assert.strictEqual(ports.length, 10)
      // the next question may come before the last one's connection is free
      assert.isAtMost(new Set(ports).size, 2)
    }))

  it.scoped("are unknown after any other answer, and known after the next one", () =>
    Effect.gen(function*() {
      const { gitHub, remote, remotes, tip } = yield* setup
      const commit = yield* tip("main")
      const known = `${commit} refs/heads/main\n`
      const unusual = {
        status500: GitHubStandIn.serverError(),
        limit: GitHubStandIn.rateLimited(7),
        redirect: GitHubStandIn.answer(
          HttpServerResponse.redirect(`${gitHub.serverUrl}/acme/other.git`, { status: 301 })
        ),
        noContent: GitHubStandIn.answer(HttpServerResponse.empty()),
        emptyBody: GitHubStandIn.answer(HttpServerResponse.text("")),
        page: GitHubStandIn.answer(HttpServerResponse.text("<!DOCTYPE html><p>Sign in")),
        noEnd: GitHubStandIn.answer(body(...lines(known))),
        behindTheEnd: GitHubStandIn.answer(body(PktLine.Packet.Flush(), ...lines(known), PktLine.Packet.Flush())),
        refusal: GitHubStandIn.answer(body(...lines("ERR no such repository"), PktLine.Packet.Flush())),
        noCommit: GitHubStandIn.answer(body(...lines("unborn HEAD\n"), PktLine.Packet.Flush())),
        large: GitHubStandIn.answer(
          body(
            ...Array.from({ length: 40_000 }, (_, i) => PktLine.Packet.Line({ text: `${known.trim()}-${i}\n` })),
            ...lines(known),
            PktLine.Packet.Flush()
          )
        ),
        reset: GitHubStandIn.reset,
        lost: GitHubStandIn.loseAnswer,
        versionZero: GitHubStandIn.oldProtocol
      }
      const reasons = yield* Effect.forEach(Object.entries(unusual), ([name, fault]) =>
        gitHub.failNext(fault).pipe(
          Effect.zipRight(Effect.flip(remotes.ask(remote, branches("main")))),
          Effect.map(({ reason }) => [name, reason])
        ))
      const said = new Map(reasons.map(([name = "", reason = ""]) => [name, reason]))
      assert.strictEqual(said.get("redirect"), "its server says 301")
      assert.include(said.get("large"), "the answer has more than")
      assert.include(said.get("versionZero"), "version 2")
      assert.deepStrictEqual([...(yield* remotes.ask(remote, branches("main")))], [["main", Option.some(commit)]])
    }))

  it.scoped("are unknown if the server does not answer, and the request is ended", () =>
    Effect.gen(function*() {
      const { gitHub, remote, remotes } = yield* setup
      yield* gitHub.failNext(GitHubStandIn.hold(Effect.never))
      const asking = yield* Effect.fork(Effect.flip(remotes.ask(remote, branches("main"))))
      yield* gitHub.journal.awaitEntry(({ outcome }) => outcome === "open")
      yield* TestClock.adjust("5 seconds")
      assert.include((yield* Fiber.join(asking)).reason, "no answer within 5 seconds")
      yield* gitHub.journal.awaitEntry(({ outcome }) => outcome === "aborted")
    }))

  it.scoped("are unknown without the right token, which is in no message, no log and no span", () =>
    Effect.gen(function*() {
      const { gitHub, remote, remoteOf, remotes } = yield* setup
      const log = yield* Logged.make
      const spans = new Array<Tracer.Span>()
      const native = yield* Effect.tracer
      const tracer = Tracer.make({
        span: (...args) => {
          const span = native.span(...args)
          spans.push(span)
          return span
        },
        context: (run, fiber) => native.context(run, fiber)
      })
      const ask = (remote: Remote) => Effect.either(remotes.ask(remote, branches("main")))
      const unreachable: Remote = { ...remote, url: "http://x-access-token:ghp_wrong@127.0.0.1:1/acme/app.git" }
      const answers = yield* Effect.forEach(
        [remoteOf(slug, "ghp_wrong"), remoteOf("acme/gone", token), unreachable, remote],
        ask
      ).pipe(
        Effect.withTracer(tracer),
        Logger.withMinimumLogLevel(LogLevel.All),
        Effect.provide(log.layer)
      )
      assert.deepStrictEqual(answers.map(({ _tag }) => _tag), ["Left", "Left", "Left", "Right"])
      assert.isTrue(yield* gitHub.saw("ghp_wrong"))
      const logged = yield* log.lines
      const said = JSON.stringify([
        answers.flatMap((answer) => answer._tag === "Left" ? [answer.left, answer.left.message] : []),
        logged,
        spans.map(({ attributes, name, status }) => [
          name,
          [...attributes],
          status._tag === "Ended" && Exit.isFailure(status.exit) ? Cause.pretty(status.exit.cause) : ""
        ])
      ])
      assert.include(said, "its server says 401")
      assert.include(said, "its server says 404")
      assert.include(said, "RemoteBranches.ask")
      assert.strictEqual(logged.length, 3)
      for (const secret of [token, "ghp_wrong", basic(token).slice(6), basic("ghp_wrong").slice(6)]) {
        assert.notInclude(said, secret)
      }
    }))

  it.scoped("are left to git where it goes another way: by a proxy, with certificates of its own, and from a file", () =>
    Effect.gen(function*() {
      const { gitHub, remote } = yield* setup
      const reasonIn = (variables: ReadonlyArray<readonly [string, string]>, remote: Remote) =>
        Effect.flatMap(clientIn(variables), (remotes) => Effect.flip(remotes.ask(remote, branches("main"))))
      const secure: Remote = { ...remote, url: "https://127.0.0.1:1/acme/app.git" }
      for (const name of ["http_proxy", "HTTPS_PROXY", "all_proxy"]) {
        assert.include((yield* reasonIn([[name, "http://127.0.0.1:1"]], remote)).reason, "only git knows")
      }
      assert.include((yield* reasonIn([["GIT_SSL_CAINFO", "/ca.pem"]], secure)).reason, "only git knows")
      assert.include((yield* reasonIn([], { ...remote, url: "/tmp/a.git" })).reason, "only git knows")
      assert.isEmpty(yield* gitHub.journal.entries)
      assert.notInclude((yield* reasonIn([["HTTPS_PROXY", ""]], secure)).reason, "only git knows")
      const remotes = yield* clientIn([["GIT_SSL_CAINFO", "/ca.pem"], ["NO_PROXY", "*"]])
      assert.strictEqual((yield* remotes.ask(remote, branches("main"))).size, 1)
    }))
})
