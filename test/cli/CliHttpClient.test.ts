/** Requests of the command line: over `node:http` to a server, by `fetch` wherever its rules are needed. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as CliHttpClient from "../../src/cli/CliHttpClient.ts"
import * as Loopback from "../support/Loopback.ts"

/** Answers with the request, as far as a server sees it. */
const echo = Loopback.serve(() =>
  Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { authorization = "none" } = request.headers
    return HttpServerResponse.text(`${request.method} ${request.url} ${authorization} ${yield* request.text}`)
  })
)

const redirectTo = (location: string) =>
  Loopback.serve(() => Effect.succeed(HttpServerResponse.empty({ status: 307, headers: { location } })))

const text = (request: HttpClientRequest.HttpClientRequest) =>
  HttpClient.execute(HttpClientRequest.bearerToken(request, "secret")).pipe(
    Effect.flatMap((response) => response.text)
  )
const get = (url: string) => text(HttpClientRequest.get(url))
const post = (url: string) => text(HttpClientRequest.bodyText(HttpClientRequest.post(url), "text"))

describe("requests of the command line", () => {
  it.live("reach a server, with their header and body", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* post(`${yield* echo}/a?b=c`), "POST /a?b=c Bearer secret text")
    }).pipe(Effect.scoped, Effect.provide(CliHttpClient.layer)))

  it.live("follow a redirect, and tell another server no token", () =>
    Effect.gen(function*() {
      const url = yield* redirectTo(`${yield* echo}/there`)
      assert.strictEqual(yield* get(url), "GET /there none ")
    }).pipe(Effect.scoped, Effect.provide(CliHttpClient.layer)))

  it.live("name the system's reason where nobody answers", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(HttpClient.get("http://127.0.0.1:1/"))
      assert.strictEqual(error._tag, "RequestError")
      assert.include(error.cause, { code: "ECONNREFUSED" })
    }).pipe(Effect.scoped, Effect.provide(CliHttpClient.layer)))

  it.live("are not sent with a password in the address, as fetch has it", () =>
    Effect.gen(function*() {
      const url = (yield* echo).replace("http://", "http://ada:word@")
      assert.strictEqual((yield* Effect.flip(post(url)))._tag, "RequestError")
    }).pipe(Effect.scoped, Effect.provide(CliHttpClient.layer)))
})
