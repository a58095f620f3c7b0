/**
 * One model call through a session's gateway, from its body to its settlement: held or streamed, let out by the payer,
 * sent with the real key, counted while the reply passes through.
 */
import type { RequestError, ResponseError } from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { BudgetExhausted } from "../../domain/Budget.ts"
import type { ModelPrices } from "../model/ModelPrices.ts"
import type { BodyMemory } from "./BodyMemory.ts"
import type * as CallRequest from "./CallRequest.ts"
import * as GatewayServer from "./GatewayServer.ts"
import { ofBody, ofEvent } from "./LastAnswer.ts"
import * as ModelProxyBody from "./ModelProxyBody.ts"
import * as Routes from "./ModelProxyRoutes.ts"
import type { Payer } from "./Payer.ts"
import type { RoundRecord } from "./RoundRecord.ts"
import * as Settlement from "./Settlement.ts"
import { UsageMeter } from "./UsageMeter.ts"

/** The session has a budget, and the call's cost cannot be counted. */
export class CallUncountable extends Schema.TaggedError<CallUncountable>()("CallUncountable", {
  reason: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

/** The reply for the agent. */
export const passOn = (
  response: HttpClientResponse.HttpClientResponse,
  body: (bytes: GatewayServer.Reply["body"]) => GatewayServer.Reply["body"] = (bytes) => bytes
): GatewayServer.Reply => ({
  status: response.status,
  headers: Routes.responseHeaders(response.status, response.headers),
  body: body(
    Stream.mapError(response.stream, (error) => new GatewayServer.ConnectionError({ reason: error.message }))
  )
})

export interface Services {
  readonly prices: Context.Tag.Service<ModelPrices>
  readonly memory: BodyMemory
}

/** Sends a body to the API; its scope is that of the reply. */
export type Send = (
  body: ModelProxyBody.Body
) => Effect.Effect<HttpClientResponse.HttpClientResponse, RequestError | ResponseError, Scope.Scope>

const seconds = Effect.map(Clock.currentTimeMillis, (millis) => millis / 1000)

export interface Call {
  readonly request: GatewayServer.Request
  readonly provider: Routes.Provider
  readonly address: CallRequest.Address
  readonly payer: Payer
  readonly send: Send
  /** Told what was asked, as soon as it is known. */
  readonly onAsked: (call: CallRequest.CallRequest) => void
  /** Knows how the call ended, unless the client left before. */
  readonly record: RoundRecord
}

/** How much of an error's body is read for its message. In bytes. */
const readOfError = 8 * 1024

/** Makes calls that cost something. */
export const make = ({ memory, prices }: Services) => {
  /** The price of the requested model; under a budget it must be known. */
  const priceOf = Effect.fnUntraced(function*(payer: Payer, provider: Routes.Provider, call: CallRequest.CallRequest) {
    if (!payer.isLimited) {
      return call.model === undefined ? undefined : Option.getOrUndefined(yield* prices.find(provider, call.model))
    }
    if (call.uncountable !== undefined) return yield* new CallUncountable({ reason: call.uncountable })
    return yield* prices.require(provider, call.model ?? "")
  })

  return Effect.fnUntraced(
    function*({ address, onAsked, payer, provider, record, request, send }: Call) {
      if (yield* payer.isExhausted) return yield* new BudgetExhausted()
      const bodyScope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
      const body = payer.isLimited
        ? yield* Scope.extend(ModelProxyBody.hold(memory, payer.session, request, address), bodyScope)
        : yield* ModelProxyBody.pass(request, address)
      // nothing is known yet about a streamed body, nor does it have to be
      const early = payer.isLimited ? body.call() : undefined
      if (early !== undefined) onAsked(early)
      const price = early === undefined ? undefined : yield* priceOf(payer, provider, early)
      const paid = yield* payer.letOut(early, price)
      const start = yield* seconds

      /** Settles the call. The model that replied is billed, or the requested one if its price is unknown. */
      const settle = Effect.fnUntraced(function*(reply: Omit<Settlement.Reply, "seconds">) {
        const call = body.call()
        const settled = Settlement.settle(call, { ...reply, seconds: (yield* seconds) - start })
        const said = reply.said.model
        const known = said === undefined ? Option.none() : yield* prices.find(provider, said)
        const asked = price ?? (call.model === undefined
          ? undefined
          : Option.getOrUndefined(yield* prices.find(provider, call.model)))
        yield* paid.settle(
          said ?? call.model ?? "unknown",
          Option.getOrElse(known, () => asked),
          settled.tokens,
          settled.estimated
        )
      })

      /** Counts a reply when it ends, however that happens: a part has cost something, too. */
      const counted = Effect.fnUntraced(function*(response: HttpClientResponse.HttpClientResponse) {
        const meter = new UsageMeter(address.dialect, response.headers["content-type"])
        let isWhole = false
        let isEmpty = true
        const { ended, isNoted } = yield* begin("the server ended in the middle of the answer")
        yield* Effect.addFinalizer(() =>
          Effect.suspend(() => {
            const { said, textBytes } = meter.end()
            return settle({ said, textBytes, isWhole })
          })
        )
        return passOn(response, (bytes) =>
          bytes.pipe(
            Stream.tap((part) => {
              if (!isEmpty) return Effect.sync(() => meter.feed(part))
              isEmpty = false
              return Effect.zipRight(isNoted, Effect.sync(() => meter.feed(part)))
            }),
            Stream.tapError((error) => ended(`the answer broke off: ${error.message}`)),
            Stream.concat(Stream.execute(Effect.suspend(() => {
              isWhole = true
              const { error } = meter.end()
              return ended(isEmpty ? "an empty answer" : error === undefined ? undefined : ofEvent(error))
            })))
          ))
      })

      /** The answer has begun, which fails like this if nothing ends it. A client that leaves ends it unanswered. */
      const begin = Effect.fnUntraced(function*(failure: string) {
        const { hasTools, model } = body.call()
        const { end, isNoted } = yield* record.begin({ model, hasTools, failure })
        yield* Effect.addFinalizer(() => end(undefined))
        return { isNoted, ended: (failure: string | undefined) => end({ model, hasTools, failure }) }
      })

      /** Passes an error on, and reads what it says. */
      const refused = Effect.fnUntraced(function*(response: HttpClientResponse.HttpClientResponse) {
        const decoder = new TextDecoder()
        let text = ""
        const { ended, isNoted } = yield* begin(`status ${response.status}`)
        return passOn(response, (bytes) =>
          bytes.pipe(
            Stream.tap((part) =>
              Effect.zipRight(
                isNoted,
                Effect.sync(() => {
                  if (text.length < readOfError) text += decoder.decode(part, { stream: true })
                })
              )
            ),
            Stream.ensuring(Effect.suspend(() => ended(ofBody(response.status, text))))
          ))
      })

      return yield* Effect.uninterruptibleMask((restore) =>
        restore(send(body)).pipe(
          // a client that leaves before the reply leaves a call that the provider has started
          Effect.onInterrupt(() => body.isWhole() ? settle(Settlement.unanswered) : Effect.void),
          Effect.ensuring(Scope.close(bodyScope, Exit.void)),
          Effect.tapError(() => Effect.sync(() => onAsked(body.call()))),
          Effect.catchTag("RequestError", (error) => Effect.fail(body.failure() ?? error)),
          Effect.flatMap((response) =>
            response.status < 200 || response.status > 299
              ? refused(response)
              : counted(response)
          )
        )
      )
    }
  )
}
