/** A gateway without a socket: the model calls of each opening are scripted. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Gateway, type GatewayReport, type GatewayRequest } from "../../src/services/gateway/Gateway.ts"

export class FakeGatewayScript {
  /** What each opening was asked for, in order. */
  readonly opened: Array<GatewayRequest> = []
  /** The calls that an agent makes as soon as its gateway is open. */
  calls: ReadonlyArray<GatewayReport> = []
  /** Those that it makes at work: they are counted by the time its gateway is closed. */
  callsAtWork: ReadonlyArray<GatewayReport> = []
  /** How many are open. */
  open = 0
  /** What comes first when one is closed. */
  closing: Effect.Effect<void> = Effect.void
  /** Why the last call failed. */
  lastFailure: string | undefined = undefined
}

const counted = (calls: ReadonlyArray<GatewayReport>, { onUsage }: GatewayRequest) =>
  Effect.ignore(Effect.forEach(calls, onUsage, { discard: true }))

export const layer = (script: FakeGatewayScript) =>
  Layer.succeed(
    Gateway,
    Gateway.of({
      open: (request) =>
        Effect.as(
          Effect.zipRight(
            Effect.sync(() => script.opened.push(request)),
            Effect.all([
              counted(script.calls, request),
              Effect.acquireRelease(
                Effect.sync(() => script.open++),
                () => Effect.zipRight(Effect.sync(() => script.open--), counted(script.callsAtWork, request))
              ),
              Effect.addFinalizer(() => script.closing)
            ])
          ),
          {
            directory: "/nonexistent",
            lastFailure: Effect.sync(() => Option.fromNullable(script.lastFailure))
          }
        ),
      directoryOf: () => Effect.succeed("/nonexistent")
    })
  )
