/** Faults that a test injects into the next calls of a method, and rate limits, for both chat stand-ins. */
import * as Arr from "effect/Array"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"

/** What goes wrong with a call. */
export type Fault = Data.TaggedEnum<{
  /** Refused with HTTP 429 before anything is done; `retryAfter` in seconds. */
  RateLimited: { readonly retryAfter: number }
  /** Answered with an HTTP status of the 5xx kind before anything is done. */
  ServerError: { readonly status: number }
  /** Refused with the service's own error name or sentence. */
  Refused: { readonly error: string }
  /** The connection is reset before anything is done. */
  LostRequest: {}
  /** The call takes effect, then the connection is reset: the crash between send and record. */
  LostResponse: {}
}>
export const Fault = Data.taggedEnum<Fault>()

/** Faults waiting for the next calls of a method, first in first out; the method `*` stands for any. */
export interface Faults {
  readonly inject: (method: string, fault: Fault, times?: number) => Effect.Effect<void>
  readonly take: (method: string) => Effect.Effect<Option.Option<Fault>>
}

export const makeFaults: Effect.Effect<Faults> = Effect.map(
  Ref.make<ReadonlyArray<{ readonly method: string; readonly fault: Fault }>>([]),
  (waiting) => ({
    inject: (method, fault, times = 1) => Ref.update(waiting, Arr.appendAll(Arr.replicate({ fault, method }, times))),
    take: (method) =>
      Ref.modify(waiting, (faults) => {
        const index = faults.findIndex((each) => each.method === method || each.method === "*")
        return [Option.map(Arr.get(faults, index), (each) => each.fault), faults.filter((_, each) => each !== index)]
      })
  })
)

/** At most `burst` at once and `perSecond` in the long run, for one key. */
export interface RateRule {
  readonly name: string
  readonly key: string
  readonly burst: number
  readonly perSecond: number
}

/** A rule that a call broke, and the seconds after which the call would have kept it. */
export interface RateExcess {
  readonly rule: string
  readonly key: string
  readonly retryAfter: number
}

export type Buckets = HashMap.HashMap<string, { readonly tokens: number; readonly at: number }>

/** Takes one token for each rule at `now` in milliseconds; a rule without a whole token left is an excess. */
export const takeTokens = (
  buckets: Buckets,
  rules: ReadonlyArray<RateRule>,
  now: number
): readonly [ReadonlyArray<RateExcess>, Buckets] =>
  rules.reduce<readonly [ReadonlyArray<RateExcess>, Buckets]>(([excesses, kept], rule) => {
    const id = `${rule.name} ${rule.key}`
    const last = Option.getOrElse(HashMap.get(kept, id), () => ({ at: now, tokens: rule.burst }))
    const tokens = Math.min(rule.burst, last.tokens + (now - last.at) / 1000 * rule.perSecond)
    return tokens >= 1
      ? [excesses, HashMap.set(kept, id, { at: now, tokens: tokens - 1 })]
      : [
        [...excesses, { key: rule.key, retryAfter: Math.ceil((1 - tokens) / rule.perSecond), rule: rule.name }],
        HashMap.set(kept, id, { at: now, tokens })
      ]
  }, [[], buckets])
