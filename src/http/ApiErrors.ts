/**
 * Maps errors to the API's own before they are encoded: a request that does not decode becomes an `InvalidRequest`, a
 * full disk is named as such. A store error is logged, and its cause stays inside; a problem of the database itself has
 * already been logged once by the store.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiError from "@effect/platform/HttpApiError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { InvalidRequest } from "../domain/SessionRequest.ts"
import { logStoreError, StoreError } from "../services/store/StoreError.ts"
import { Api } from "./Api.ts"
import * as Decoding from "./Decoding.ts"
import { DiskFull } from "./Errors.ts"

const isDecodeError = Schema.is(HttpApiError.HttpApiDecodeError)
const isStoreError = Schema.is(StoreError)

/** Maps the errors of one request. */
export const report = <A, E, R>(app: Effect.Effect<A, E, R>): Effect.Effect<A, E | InvalidRequest | DiskFull, R> =>
  Effect.catchAllCause(app, reportCause)

const reportCause = Effect.fnUntraced(function*<E>(
  cause: Cause.Cause<E>
): Effect.fn.Return<never, E | InvalidRequest | DiskFull> {
  const error = Cause.squash(cause)
  if (isDecodeError(error)) return yield* Decoding.invalidRequest(error.issues)
  if (isStoreError(error)) {
    yield* logStoreError(error)
    if (error.fault === "full") return yield* new DiskFull()
  }
  return yield* Effect.failCause(cause)
})

/** Maps the errors of all of the API's requests. */
export const layer: Layer.Layer<never> = HttpApiBuilder.middleware(Api, (app) => report(app))
