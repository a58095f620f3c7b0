/** GitHub's webhook deliveries. Their signature takes the place of a token. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"
import { AppConfig } from "../services/config/AppConfig.ts"
import { Api } from "./Api.ts"
import { InvalidSignature } from "./Errors.ts"
import * as RequestBody from "./RequestBody.ts"

/** Whether the header is `sha256=` plus the body's HMAC under the secret. Compares in constant time. */
export const isSigned = (secret: Redacted.Redacted, body: Uint8Array, header: string | undefined): boolean => {
  const expected = Buffer.from(
    `sha256=${Crypto.createHmac("sha256", Redacted.value(secret)).update(body).digest("hex")}`
  )
  const given = Buffer.from(header ?? "")
  return given.length === expected.length && Crypto.timingSafeEqual(given, expected)
}

const reasonFor = (event: string | undefined): string =>
  event === "ping"
    ? "ping: the webhook is set up"
    : `${event?.slice(0, 100) ?? "a delivery without X-GitHub-Event"}: this version does not act on this event`

export const layer: Layer.Layer<HttpApiGroup.ApiGroup<"opentl", "webhooks">, never, AppConfig> = HttpApiBuilder.group(
  Api,
  "webhooks",
  (handlers) =>
    Effect.gen(function*() {
      const { github } = yield* AppConfig
      return handlers.handle("github", () =>
        Effect.gen(function*() {
          const { headers } = yield* HttpServerRequest.HttpServerRequest
          const signature = headers["x-hub-signature-256"]
          if (signature === undefined) return yield* new InvalidSignature()
          const body = yield* RequestBody.bytes
          const signed = Option.exists(github.webhookSecret, (secret) => isSigned(secret, body, signature))
          if (!signed) return yield* new InvalidSignature()
          yield* RequestBody.parse(body)
          return { ignored: reasonFor(headers["x-github-event"]) }
        }))
    })
)
