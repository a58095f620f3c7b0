/**
 * The HTTP side of the Telegram stand-in: `/bot<token>/<method>` and `/file/bot<token>/<path>`. It reads a request as
 * the Bot API does, checks the token, the faults and the limits, lets the method decide, and answers. Every call goes
 * into the journal before it is answered.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Multipart from "@effect/platform/Multipart"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { reset } from "../../support/Loopback.ts"
import { type Buckets, Fault, type Faults, type RateRule, takeTokens } from "../slack/SlackFaults.ts"
import { fromEntries, isJsonObject, type JsonObject, parseJson, stringAt } from "../slack/SlackJson.ts"
import { chatMethods } from "./TelegramChats.ts"
import { messageMethods } from "./TelegramMessages.ts"
import { type Call, type Done, type Method, Refusal } from "./TelegramMethod.ts"
import type { TelegramState } from "./TelegramState.ts"
import { getUpdates } from "./TelegramUpdates.ts"

export interface TelegramApiOptions {
  readonly token: string
  /** Whether a call over a limit is refused with 429, or only noted as a violation. */
  readonly enforceLimits: boolean
}

const methods: Readonly<Record<string, Method>> = { ...chatMethods, ...messageMethods }
const sends = ["senddocument", "sendmessage"]
const edits = ["editmessagereplymarkup", "editmessagetext"]

/**
 * The limits that a call counts against: thirty a second in all, one a second in a chat with bursts of three, and
 * twenty new messages a minute in a group.
 */
const rateRules = (method: string, args: JsonObject): ReadonlyArray<RateRule> => {
  const chat = String(args["chat_id"] ?? "")
  if (![...sends, ...edits].includes(method)) return []
  return [
    { burst: 30, key: "bot", name: "30 messages a second", perSecond: 30 },
    { burst: 3, key: chat, name: "one message a second in a chat", perSecond: 1 },
    ...(sends.includes(method) && chat.startsWith("-")
      ? [{ burst: 20, key: chat, name: "20 messages a minute in a group", perSecond: 20 / 60 }]
      : [])
  ]
}

type Read = Pick<Call, "args" | "uploads">

/** The arguments and files of a request, from its query and its body. */
const read = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Read, Refusal> =>
  Effect.gen(function*() {
    const query = fromEntries(new URL(request.url, "http://stand-in").searchParams)
    const type = request.headers["content-type"] ?? ""
    if (request.method === "GET" || request.headers["content-length"] === "0") return { args: query, uploads: {} }
    if (type.startsWith("application/json")) {
      const body = Option.getOrUndefined(parseJson(yield* request.text))
      return isJsonObject(body)
        ? { args: { ...query, ...body }, uploads: {} }
        : yield* Effect.fail(new Refusal({ code: 400, description: "Bad Request: can't parse JSON object" }))
    }
    if (type.startsWith("multipart/form-data")) {
      return yield* request.multipartStream.pipe(
        Stream.runFoldEffect<Read, Multipart.Part, Multipart.MultipartError, never>(
          { args: query, uploads: {} },
          ({ args, uploads }, part) =>
            part._tag === "Field"
              ? Effect.succeed({ args: { ...args, [part.key]: part.value }, uploads })
              : Effect.map(Stream.runCollect(part.content), (chunks) => ({
                args,
                uploads: {
                  ...uploads,
                  [part.key]: { content: Buffer.concat([...chunks]), mimeType: part.contentType, name: part.name }
                }
              }))
        )
      )
    }
    return { args: { ...query, ...fromEntries(yield* request.urlParamsBody) }, uploads: {} }
  }).pipe(
    Effect.mapError((error) =>
      error instanceof Refusal ? error : new Refusal({ code: 400, description: "Bad Request: wrong request body" })
    )
  )

const answer = (status: number, body: JsonObject, headers: Record<string, string> = {}) =>
  HttpServerResponse.text(JSON.stringify(body), { contentType: "application/json", headers, status })

const refused = ({ code, description }: Refusal, more: JsonObject = {}) =>
  answer(code, { description, error_code: code, ok: false, ...more })

const tooMany = (retryAfter: number) =>
  answer(429, {
    description: `Too Many Requests: retry after ${retryAfter}`,
    error_code: 429,
    ok: false,
    parameters: { retry_after: retryAfter }
  }, { "retry-after": String(retryAfter) })

export const makeApi = (
  options: TelegramApiOptions,
  ref: SubscriptionRef.SubscriptionRef<TelegramState>,
  faults: Faults
) =>
  Effect.gen(function*() {
    const buckets = yield* Ref.make<Buckets>(HashMap.empty())

    const journal = (method: string, args: JsonObject, at: number, outcome: string) =>
      SubscriptionRef.update(ref, (state) => ({
        ...state,
        calls: [...state.calls, { args, at, method, outcome }]
      }))

    const count = (method: string, args: JsonObject, now: number) =>
      Effect.gen(function*() {
        const rules = rateRules(method.toLowerCase(), args)
        const excesses = yield* Ref.modify(buckets, (kept) => takeTokens(kept, rules, now))
        yield* SubscriptionRef.update(ref, (state) => ({
          ...state,
          violations: [...state.violations, ...excesses.map((excess) => ({ ...excess, at: now, method }))]
        }))
        return Math.max(0, ...excesses.map((excess) => excess.retryAfter))
      })

    const perform = (method: string, run: Method, call: Call, lost: boolean) =>
      Effect.map(
        SubscriptionRef.modify(ref, (state) => {
          const made = run(state, call)
          const after = Either.match(made, { onLeft: () => state, onRight: (done: Done) => done.state })
          const outcome = lost
            ? "lost response"
            : Either.match(made, { onLeft: (refusal: Refusal) => refusal.description, onRight: () => "ok" })
          const entry = { args: call.args, at: call.now, method, outcome }
          return [made, { ...after, calls: [...after.calls, entry] }] as const
        }),
        Either.match({
          onLeft: (refusal) => refused(refusal),
          onRight: ({ result }) => answer(200, { ok: true, result })
        })
      )

    const poll = (args: JsonObject, now: number) =>
      getUpdates(ref, args).pipe(
        Effect.matchEffect({
          onFailure: (refusal) => Effect.as(journal("getUpdates", args, now, refusal.description), refused(refusal)),
          onSuccess: (result) => Effect.as(journal("getUpdates", args, now, "ok"), answer(200, { ok: true, result }))
        })
      )

    const api = (method: string) =>
      Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        const now = yield* Clock.currentTimeMillis
        const given = yield* Effect.either(read(request))
        if (Either.isLeft(given)) return refused(given.left)
        const { args, uploads } = given.right
        const run = methods[method.toLowerCase()]
        const polls = method.toLowerCase() === "getupdates"
        if (run === undefined && !polls) {
          const refusal = new Refusal({ code: 404, description: "Not Found: method not found" })
          yield* journal(method, args, now, refusal.description)
          return refused(refusal)
        }
        const work = (lost: boolean) =>
          run === undefined ? poll(args, now) : perform(method, run, { args, now, uploads }, lost)
        const fault = yield* faults.take(method)
        if (Option.isNone(fault)) {
          const wait = yield* count(method, args, now)
          if (wait === 0 || !options.enforceLimits) return yield* work(false)
          yield* journal(method, args, now, `Too Many Requests: retry after ${wait}`)
          return tooMany(wait)
        }
        return yield* Fault.$match(fault.value, {
          LostRequest: () => Effect.zipRight(journal(method, args, now, "lost request"), reset(request)),
          LostResponse: () => Effect.zipRight(work(true), reset(request)),
          RateLimited: ({ retryAfter }) =>
            Effect.as(journal(method, args, now, `Too Many Requests: retry after ${retryAfter}`), tooMany(retryAfter)),
          Refused: ({ error }) =>
            Effect.as(
              journal(method, args, now, `Bad Request: ${error}`),
              refused(new Refusal({ code: 400, description: `Bad Request: ${error}` }))
            ),
          ServerError: ({ status }) =>
            Effect.as(
              journal(method, args, now, "Internal Server Error"),
              refused(new Refusal({ code: status, description: "Internal Server Error" }))
            )
        })
      })

    const download = (path: string) =>
      Effect.map(SubscriptionRef.get(ref), ({ files }) => {
        const file = files.find((each) => `documents/${each.fileId}` === path)
        return file === undefined
          ? refused(new Refusal({ code: 404, description: "Not Found" }))
          : HttpServerResponse.uint8Array(file.content, { contentType: file.mimeType })
      })

    return Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const { pathname } = new URL(request.url, "http://stand-in")
      const route = /^(?<file>\/file)?\/bot(?<token>[^/]+)\/(?<rest>.+)$/.exec(pathname)?.groups
      const rest = stringAt(route, "rest") ?? ""
      return yield* route === undefined
        ? Effect.succeed(refused(new Refusal({ code: 404, description: "Not Found" })))
        : decodeURIComponent(stringAt(route, "token") ?? "") !== options.token
        ? Effect.succeed(refused(new Refusal({ code: 401, description: "Unauthorized" })))
        : stringAt(route, "file") !== undefined
        ? download(rest)
        : api(rest)
    })
  })
