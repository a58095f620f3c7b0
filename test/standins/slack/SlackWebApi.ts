/**
 * The HTTP side of the Slack stand-in: reads a request as the service does, checks the token, the scope, the faults and
 * the limits, lets the method decide, and answers. Every call goes into the journal before it is answered.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { reset } from "../../support/Loopback.ts"
import { chatMethods } from "./SlackChat.ts"
import { conversationMethods } from "./SlackConversations.ts"
import { type Buckets, Fault, type Faults, takeTokens } from "./SlackFaults.ts"
import { fileMethods, uploaded } from "./SlackFiles.ts"
import { respond } from "./SlackInteractions.ts"
import { fromEntries, isJsonObject, type JsonObject, parseJson } from "./SlackJson.ts"
import { type Call, type Done, type Method, Refusal } from "./SlackMethod.ts"
import { rateRules, scopeFor } from "./SlackRates.ts"
import type { SlackSocket } from "./SlackSocket.ts"
import type { SlackState } from "./SlackState.ts"
import { viewMethods } from "./SlackViews.ts"

export interface SlackWebApiOptions {
  readonly botToken: string
  readonly appToken: string
  readonly scopes: ReadonlyArray<string>
  /** Whether a call over a limit is refused with 429, or only noted as a violation. */
  readonly enforceLimits: boolean
}

const methods: Readonly<Record<string, Method>> = {
  ...chatMethods,
  ...conversationMethods,
  ...fileMethods,
  ...viewMethods
}

/** Arguments that are JSON inside a form; what cannot be read stays text, for the method to refuse. */
const jsonArguments = ["attachments", "blocks", "files", "metadata", "view"]

const readJson = (args: JsonObject): JsonObject =>
  fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      jsonArguments.includes(name) ? Option.getOrElse(parseJson(value), () => value) : value
    ])
  )

/** The arguments of a request, from its query and its body; the error's name where the body cannot be read. */
const argumentsOf = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<JsonObject, string> =>
  Effect.gen(function*() {
    const query = fromEntries(new URL(request.url, "http://stand-in").searchParams)
    const type = request.headers["content-type"] ?? ""
    if (request.method === "GET") return readJson(query)
    if (type.startsWith("application/json")) {
      const body = Option.getOrUndefined(parseJson(yield* Effect.mapError(request.text, () => "invalid_json")))
      return isJsonObject(body) ? readJson({ ...query, ...body }) : yield* Effect.fail("invalid_json")
    }
    if (type.startsWith("multipart/form-data")) {
      const parts = yield* Stream.runCollect(request.multipartStream).pipe(Effect.mapError(() => "invalid_form_data"))
      return readJson({
        ...query,
        ...fromEntries([...parts].flatMap((part) => part._tag === "Field" ? [[part.key, part.value] as const] : []))
      })
    }
    const form = yield* Effect.mapError(request.urlParamsBody, () => "invalid_form_data")
    return readJson({ ...query, ...fromEntries(form) })
  })

const answer = (body: JsonObject, headers: Record<string, string> = {}) =>
  HttpServerResponse.text(JSON.stringify(body), { contentType: "application/json; charset=utf-8", headers })

const refused = ({ error, messages }: Refusal, more: JsonObject = {}) =>
  answer({
    ok: false,
    error,
    ...(error === "invalid_blocks" ? { errors: messages } : {}),
    ...(messages.length > 0 ? { response_metadata: { messages: messages.map((each) => `[ERROR] ${each}`) } } : {}),
    ...more
  })

const tooMany = (retryAfter: number) =>
  HttpServerResponse.text(JSON.stringify({ error: "ratelimited", ok: false }), {
    contentType: "application/json; charset=utf-8",
    headers: { "retry-after": String(retryAfter) },
    status: 429
  })

export const makeWebApi = (
  options: SlackWebApiOptions,
  state: SubscriptionRef.SubscriptionRef<SlackState>,
  faults: Faults,
  socket: SlackSocket
) =>
  Effect.gen(function*() {
    const buckets = yield* Ref.make<Buckets>(HashMap.empty())

    const journal = (method: string, args: JsonObject, at: number, outcome: string) =>
      SubscriptionRef.update(state, (current) => ({
        ...current,
        calls: [...current.calls, { args, at, method, outcome }]
      }))

    const refusal = (
      method: string,
      args: JsonObject,
      token: string
    ): Option.Option<readonly [Refusal, JsonObject]> => {
      const because = (error: string, more: JsonObject = {}) =>
        Option.some([new Refusal({ error, messages: [] }), more] as const)
      const needed = scopeFor(method, args)
      const expected = method === "apps.connections.open" ? options.appToken : options.botToken
      return methods[method] === undefined
        ? because("unknown_method", { req_method: method })
        : token === ""
        ? because("not_authed")
        : token !== options.appToken && token !== options.botToken
        ? because("invalid_auth")
        : token !== expected
        ? because("not_allowed_token_type")
        : needed !== undefined && !options.scopes.includes(needed)
        ? because("missing_scope", { needed, provided: options.scopes.join(",") })
        : Option.none()
    }

    /** Counts the call against the limits; the seconds to wait where one is exceeded. */
    const count = (method: string, args: JsonObject, now: number) =>
      Effect.gen(function*() {
        const excesses = yield* Ref.modify(buckets, (kept) => takeTokens(kept, rateRules(method, args), now))
        yield* SubscriptionRef.update(state, (current) => ({
          ...current,
          violations: [...current.violations, ...excesses.map((excess) => ({ ...excess, at: now, method }))]
        }))
        return Math.max(0, ...excesses.map((excess) => excess.retryAfter))
      })

    const perform = (method: string, run: Method, call: Call, lost: boolean) =>
      Effect.gen(function*() {
        const result = yield* SubscriptionRef.modify(state, (current) => {
          const made = run(current, call)
          const after = Either.match(made, { onLeft: () => current, onRight: (done: Done) => done.state })
          const outcome = lost
            ? "lost response"
            : Either.match(made, { onLeft: (left: Refusal) => left.error, onRight: () => "ok" })
          const entry = { args: call.args, at: call.now, method, outcome }
          return [made, { ...after, calls: [...after.calls, entry] }] as const
        })
        if (Either.isLeft(result)) return refused(result.left)
        yield* Effect.forEach(result.right.events, socket.emit, { discard: true })
        return answer({ ok: true, ...result.right.body }, { "x-oauth-scopes": options.scopes.join(",") })
      })

    const api = (method: string, origin: string) =>
      Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        const now = yield* Clock.currentTimeMillis
        const read = yield* Effect.either(argumentsOf(request))
        if (Either.isLeft(read)) return refused(new Refusal({ error: read.left, messages: [] }))
        const { token: inBody, ...args } = read.right
        const token = (request.headers["authorization"] ?? "").replace(/^Bearer /, "") || String(inBody ?? "")
        const run = methods[method]
        const cause = refusal(method, args, token)
        if (Option.isSome(cause) || run === undefined) {
          const [why, more] = Option.getOrElse(
            cause,
            () => [new Refusal({ error: "unknown_method", messages: [] }), {}]
          )
          yield* journal(method, args, now, why.error)
          return refused(why, more)
        }
        const call = { args, now, origin }
        const fault = yield* faults.take(method)
        if (Option.isNone(fault)) {
          const wait = yield* count(method, args, now)
          if (wait === 0 || !options.enforceLimits) return yield* perform(method, run, call, false)
          yield* journal(method, args, now, "http 429")
          return tooMany(wait)
        }
        return yield* Fault.$match(fault.value, {
          LostRequest: () => Effect.zipRight(journal(method, args, now, "lost request"), reset(request)),
          LostResponse: () => Effect.zipRight(perform(method, run, call, true), reset(request)),
          RateLimited: ({ retryAfter }) => Effect.as(journal(method, args, now, "http 429"), tooMany(retryAfter)),
          Refused: ({ error }) =>
            Effect.as(journal(method, args, now, error), refused(new Refusal({ error, messages: [] }))),
          ServerError: ({ status }) =>
            Effect.as(journal(method, args, now, `http ${status}`), HttpServerResponse.text("", { status }))
        })
      })

    const upload = (id: string) =>
      Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        const content = yield* contentOf(request)
        const stored = yield* SubscriptionRef.modify(state, (current) => {
          const next = uploaded(current, id, content)
          return [next !== undefined, next ?? current]
        })
        return stored
          ? HttpServerResponse.text(`OK - ${content.byteLength}`)
          : HttpServerResponse.text("invalid upload", { status: 400 })
      })

    const answerHook = (id: string) =>
      Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        const now = yield* Clock.currentTimeMillis
        const body = Option.getOrUndefined(parseJson(yield* request.text))
        const error = yield* SubscriptionRef.modify(state, (current) => {
          const made = respond(current, id, isJsonObject(body) ? body : {}, now)
          const entry = { args: isJsonObject(body) ? body : {}, at: now, method: "response_url" }
          return [made.error, {
            ...made.state,
            calls: [...made.state.calls, { ...entry, outcome: made.error ?? "ok" }]
          }]
        })
        return error === undefined
          ? HttpServerResponse.text("ok")
          : HttpServerResponse.text(JSON.stringify({ error, ok: false }), { status: error === "used_url" ? 404 : 400 })
      })

    return (origin: string) =>
      Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        const { pathname } = new URL(request.url, "http://stand-in")
        const last = pathname.split("/").at(-1) ?? ""
        return yield* pathname === "/link"
          ? socket.connect
          : pathname.startsWith("/api/")
          ? api(last, origin)
          : pathname.startsWith("/upload/v1/")
          ? upload(last)
          : pathname.startsWith("/response/")
          ? answerHook(last)
          : Effect.succeed(HttpServerResponse.empty({ status: 404 }))
      })
  })

/** The file of an upload: the first file of a multipart body, or the whole body. */
const contentOf = (request: HttpServerRequest.HttpServerRequest) =>
  (request.headers["content-type"] ?? "").startsWith("multipart/form-data")
    ? request.multipartStream.pipe(
      Stream.mapEffect((part) => part._tag === "File" ? part.contentEffect : Effect.succeed(new Uint8Array())),
      Stream.runFold<Uint8Array, Uint8Array>(new Uint8Array(), (kept, content) => kept.byteLength > 0 ? kept : content)
    )
    : Effect.map(request.arrayBuffer, (buffer) => new Uint8Array(buffer))
