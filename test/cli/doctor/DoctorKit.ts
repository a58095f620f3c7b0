/** The checks of `opentl doctor` against a network that says what the test wants. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type DoctorCheck, examine } from "../../../src/cli/doctor/DoctorCheck.ts"
import { AppConfig } from "../../../src/services/config/AppConfig.ts"
import { withEnvironment } from "../Harness.ts"

export type Replies = Readonly<
  Record<string, readonly [status: number, body: unknown, headers?: Readonly<Record<string, string>>]>
>

/** A network where these addresses answer, and nothing else does. */
export const network = (replies: Replies) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) => {
      const reply = replies[url.href]
      return reply === undefined
        ? Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport" }))
        : Effect.succeed(HttpClientResponse.fromWeb(
          request,
          new Response(JSON.stringify(reply[1]), { status: reply[0], headers: reply[2] ?? {} })
        ))
    })
  )

/** What the checks find, by their names. */
export const findings = (
  checks: ReadonlyArray<DoctorCheck>,
  environment: Readonly<Record<string, string>>,
  replies: Replies = {}
) =>
  Effect.forEach(checks, examine).pipe(
    Effect.map((found) => new Map(found.map((finding) => [finding.check, finding]))),
    Effect.provide(AppConfig.layer.pipe(Layer.provideMerge(Layer.merge(network(replies), NodeContext.layer)))),
    withEnvironment(environment)
  )
