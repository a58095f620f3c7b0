/**
 * Slack's documented rate limits as token buckets, slightly below what Slack allows. Pure. A call takes from every
 * bucket that it counts against; a bucket may be overdrawn, and the next call waits for the debt: first come, first
 * served.
 */

/** At most `burst` calls at once and `perSecond` in the long run. */
export interface Bucket {
  readonly name: string
  readonly burst: number
  readonly perSecond: number
}

interface Level {
  readonly tokens: number
  /** When the tokens were counted, in epoch milliseconds. */
  readonly at: number
  /** After a 429: no calls before this time. */
  readonly blockedUntil: number
  readonly bucket: Bucket
}

export type Budget = ReadonlyMap<string, Level>
export const none: Budget = new Map()

/** The urgency of a call. */
export interface Pace {
  /** The longest wait in milliseconds; a call that would wait longer is not made. */
  readonly longestWait: number
  /** The share of every bucket that is reserved for more urgent calls. */
  readonly reserve: number
}

/** For calls that a person is waiting for. */
export const answer: Pace = { longestWait: 30_000, reserve: 0 }
/** For what must be shown, now or at the next attempt. */
export const needed: Pace = { longestWait: 1500, reserve: 0 }
/** For edits that are made only with spare budget: the next one says the same and more. */
export const spare: Pace = { longestWait: 0, reserve: 0.4 }

/** Requests per minute for the whole app, by Slack's tiers. */
const perMinute: Readonly<Record<string, number>> = {
  "apps.connections.open": 50,
  "auth.test": 100,
  "chat.postEphemeral": 100,
  "chat.update": 50,
  "conversations.history": 50,
  "conversations.info": 50,
  "conversations.replies": 50,
  "files.uploadV2": 100,
  "reactions.add": 50,
  "reactions.remove": 20,
  "users.info": 100,
  "views.open": 100,
  "views.publish": 100
}

/** The buckets that a call counts against. */
export const bucketsOf = (method: string, channel: string): ReadonlyArray<Bucket> => {
  if (method === "chat.postMessage") {
    return [
      { name: `chat.postMessage ${channel}`, burst: 4, perSecond: 0.95 },
      { name: "chat.postMessage", burst: 100, perSecond: 4 }
    ]
  }
  const allowed = perMinute[method] ?? 20
  return [{ name: method, burst: Math.floor(allowed / 2), perSecond: allowed * 0.9 / 60 }]
}

const levelAt = (budget: Budget, bucket: Bucket, now: number): Level => {
  const last = budget.get(bucket.name)
  if (last === undefined) return { tokens: bucket.burst, at: now, blockedUntil: 0, bucket }
  // a clock that was set back adds nothing
  const passed = Math.max(0, now - last.at) / 1000
  return { ...last, at: now, tokens: Math.min(bucket.burst, last.tokens + passed * bucket.perSecond) }
}

/** Milliseconds until the bucket has a token above its reserve. */
const waitFor = (level: Level, reserve: number, now: number): number => {
  const missing = 1 + level.bucket.burst * reserve - level.tokens
  return Math.max(level.blockedUntil - now, missing <= 0 ? 0 : Math.ceil(missing / level.bucket.perSecond * 1000), 0)
}

/**
 * Takes a token from each bucket. Returns how long the call must wait; `isTaken` is false if that is longer than it
 * may.
 */
export const take = (
  budget: Budget,
  buckets: ReadonlyArray<Bucket>,
  pace: Pace,
  now: number
): readonly [{ readonly wait: number; readonly isTaken: boolean }, Budget] => {
  const levels = buckets.map((bucket) => levelAt(budget, bucket, now))
  const wait = levels.reduce((longest, level) => Math.max(longest, waitFor(level, pace.reserve, now)), 0)
  if (wait > pace.longestWait) return [{ wait, isTaken: false }, budget]
  const taken = levels.map((level) => [level.bucket.name, { ...level, tokens: level.tokens - 1 }] as const)
  return [{ wait, isTaken: true }, new Map([...forgotten(budget, now), ...taken])]
}

/** Blocks this method (in this channel) until the given time, because Slack asked for a pause. */
export const block = (budget: Budget, buckets: ReadonlyArray<Bucket>, until: number, now: number): Budget => {
  const [first] = buckets
  if (first === undefined) return budget
  const level = levelAt(budget, first, now)
  return new Map([...budget, [first.name, { ...level, blockedUntil: Math.max(level.blockedUntil, until) }]])
}

/** Removes full buckets when there are many: they carry no information. */
const forgotten = (budget: Budget, now: number): Budget =>
  budget.size < 1000 ? budget : new Map([...budget].filter(([, level]) => {
    const present = levelAt(budget, level.bucket, now)
    return present.tokens < level.bucket.burst || present.blockedUntil > now
  }))
