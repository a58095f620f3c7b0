/** Whether everything that a session needs is available. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { NotReady, Ready } from "./Api.ts"

export interface HealthCheck {
  /** The name in the response: `database`, `docker`, … */
  readonly name: string
  /** Fails with an error whose message is a sentence. */
  readonly check: Effect.Effect<void, { readonly message: string }>
}

/** The checks. They run concurrently, each for at most five seconds. */
export class HealthChecks
  extends Context.Tag("opentl/http/Ready/HealthChecks")<HealthChecks, Effect.Effect<ReadonlyArray<HealthCheck>>>()
{}

const timeout = "5 seconds"

const run = ({ check, name }: HealthCheck) =>
  check.pipe(
    Effect.timeoutFail({ duration: timeout, onTimeout: () => ({ message: `no answer within ${timeout}` }) }),
    Effect.match({
      onSuccess: () => [name, { status: "ok" }] as const,
      onFailure: ({ message }) => [name, { status: "failed", message }] as const
    })
  )

export const report = (checks: ReadonlyArray<HealthCheck>): Effect.Effect<typeof Ready.Type | typeof NotReady.Type> =>
  Effect.map(Effect.forEach(checks, run, { concurrency: "unbounded" }), (results) => ({
    status: results.every(([, { status }]) => status === "ok") ? "ready" : "unavailable",
    checks: Object.fromEntries(results)
  }))
