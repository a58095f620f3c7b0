/**
 * What a remote's branches are, asked in this process: one request of git's protocol in version 2 (gitprotocol-v2, ls-refs), in
 * place of the processes and connections of a fetch. Whatever is unusual is no answer, and git finds out.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Chunk from "effect/Chunk"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type BranchName, CommitId } from "../../domain/Ids.ts"
import type { Remote } from "../forge/Forge.ts"
import * as GitFailure from "./GitFailure.ts"
import * as PktLine from "./PktLine.ts"

export interface Question {
  readonly names: ReadonlyArray<BranchName>
  /** Whether the default branch is asked for, too, whatever its name is. */
  readonly withDefault: boolean
}

/** The branches that were asked for, by name, where the remote has them. */
export type Answer = ReadonlyMap<string, Option.Option<CommitId>>

/** Nothing is known of the remote's branches. */
export class Unanswered extends Data.TaggedError("Unanswered")<{ readonly reason: string }> {
  override get message() {
    return `the remote's branches are unknown without a fetch: ${this.reason}`
  }
}

const unanswered = (reason: string) => new Unanswered({ reason: GitFailure.scrub(reason) })

/** Longer than a server takes that is well. */
const longestWait = "5 seconds"

/** How long a connection waits for the next session, in milliseconds: most servers keep it for a minute or more. */
const keepAliveTimeout = 55_000

/** In bytes: a prefix may be that of many branches. */
const largestAnswer = 256 * 1024

/** Hosts speak git's protocol only with a client whose name begins like this. */
const userAgent = "git/2.0 (opentl)"

/** Variables that git heeds and the client here does not: where one is set, the remote may be out of its reach. */
const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]
const certificates = ["SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"]

const isSet = (names: ReadonlyArray<string>) =>
  Effect.exists(
    names,
    (name) => Effect.map(Effect.option(Config.string(name)), Option.exists((value) => value !== ""))
  )

const heads = "refs/heads/"
const symbolic = `symref-target:${heads}`

/** A name as a packet has it, one character per byte, and back. */
const toBytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1")
const fromBytes = (text: string): string => Buffer.from(text, "latin1").toString("utf8")

/** A prefix is also that of longer names, which the answer then has, too. */
const questionBody = ({ names, withDefault }: Question): Uint8Array => {
  const line = (text: string) => PktLine.Packet.Line({ text: toBytes(`${text}\n`) })
  return PktLine.encode([
    line("command=ls-refs"),
    line("agent=opentl"),
    PktLine.Packet.Delimiter(),
    ...(withDefault ? [line("symrefs"), line("ref-prefix HEAD")] : []),
    ...names.map((name) => line(`ref-prefix ${heads}${name}`)),
    PktLine.Packet.Flush()
  ])
}

const decodeCommit = Schema.decodeUnknownOption(CommitId)

/** One line: `<commit> <reference>`, then what else is known of it. */
const readLine = (packet: PktLine.Packet) => {
  if (packet._tag !== "Line") return Option.none()
  const [id, reference = "", ...attributes] = packet.text.replace(/\n$/, "").split(" ")
  return Option.map(decodeCommit(id), (commit) => ({ commit, reference, attributes }))
}

/** The answer in a body: lines, and nothing behind the end of the message. */
const answerIn = (body: Uint8Array, { names }: Question): Option.Option<Answer> =>
  Option.gen(function*() {
    const packets = yield* PktLine.decode(body)
    if (packets.at(-1)?._tag !== "Flush") return yield* Option.none()
    const lines = yield* Option.all(packets.slice(0, -1).map(readLine))
    const found = new Map(lines.map(({ commit, reference }) => [reference, commit]))
    const answer = new Map<string, Option.Option<CommitId>>(
      names.map((name) => [name, Option.fromNullable(found.get(toBytes(`${heads}${name}`)))])
    )
    for (const { attributes, commit, reference } of lines) {
      const target = attributes.find((attribute) => attribute.startsWith(symbolic))
      if (reference === "HEAD" && target !== undefined) {
        answer.set(fromBytes(target.slice(symbolic.length)), Option.some(commit))
      }
    }
    return answer
  })

const readBody = (response: HttpClientResponse.HttpClientResponse) =>
  response.stream.pipe(
    Stream.runFoldWhile(
      { chunks: Chunk.empty<Uint8Array>(), size: 0 },
      ({ size }) => size <= largestAnswer,
      ({ chunks, size }, chunk) => ({ chunks: Chunk.append(chunks, chunk), size: size + chunk.length })
    ),
    Effect.filterOrFail(
      ({ size }) => size <= largestAnswer,
      () => unanswered(`the answer has more than ${largestAnswer} bytes`)
    ),
    Effect.map(({ chunks }) => new Uint8Array(Buffer.concat([...chunks])))
  )

/** Asks over connections that are kept for the next question, for the lifetime of the scope. */
export const make = Effect.gen(function*() {
  const hasProxy = yield* isSet(proxies)
  const hasCertificates = yield* isSet(certificates)
  const dispatcher = yield* Effect.acquireRelease(
    Effect.sync(() => new Undici.Agent({ keepAliveTimeout })),
    (agent) => Effect.promise(() => agent.destroy())
  )
  const client = NodeHttpClient.makeUndici(dispatcher).pipe(
    HttpClient.withTracerPropagation(false),
    // the request has the token
    HttpClient.withTracerDisabledWhen(() => true),
    HttpClient.withScope
  )
  const isReachable = (url: string) => !hasProxy && (/^http:/i.test(url) || (/^https:/i.test(url) && !hasCertificates))

  const requestOf = ({ authorization, url }: Remote, question: Question) =>
    HttpClientRequest.post(`${url}/git-upload-pack`).pipe(
      HttpClientRequest.setHeaders({
        "accept": "application/x-git-upload-pack-result",
        "git-protocol": "version=2",
        "user-agent": userAgent,
        ...Option.match(authorization, {
          onNone: () => ({}),
          onSome: (value) => ({ authorization: Redacted.value(value) })
        })
      }),
      HttpClientRequest.bodyUint8Array(questionBody(question), "application/x-git-upload-pack-request")
    )

  return {
    ask: Effect.fn("RemoteBranches.ask")(
      function*(remote: Remote, question: Question): Effect.fn.Return<Answer, Unanswered> {
        if (!isReachable(remote.url)) return yield* unanswered("only git knows the way to it")
        const body = yield* client.execute(requestOf(remote, question)).pipe(
          Effect.filterOrFail(
            ({ status }) => status === 200,
            ({ status }) => unanswered(`its server says ${status}`)
          ),
          Effect.flatMap(readBody),
          Effect.scoped,
          Effect.catchTags({
            RequestError: (error) => unanswered(error.message),
            ResponseError: (error) => unanswered(error.message)
          }),
          Effect.timeoutFail({
            duration: longestWait,
            onTimeout: () => unanswered(`there is no answer within ${longestWait}`)
          })
        )
        return yield* Effect.orElseFail(
          answerIn(body, question),
          () => unanswered("the answer is none to a question of version 2")
        )
      },
      Effect.tapError((error) => Effect.logDebug(error.message))
    )
  }
})
