/**
 * Limits how fast a bot writes: a leaky bucket for each limit, stored as the time at which it is empty again. Pure. A
 * call reserves its turn, so that calls are made in order of arrival.
 *
 * Sources: core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this (one message a second in a chat,
 * twenty a minute in a group, about thirty a second in all). We stay below each of them.
 */

export interface Rate {
  readonly key: string
  /** How many at once, … */
  readonly burst: number
  /** … and then one in this many milliseconds. */
  readonly millis: number
}

/** For each limit, when its last reservation has passed, in epoch milliseconds. */
export type Rates = ReadonlyMap<string, number>
export const none: Rates = new Map()

const everywhere: Rate = { key: "all", burst: 20, millis: 1000 / 25 }
const chat = (id: number): Rate => ({ key: `chat ${id}`, burst: 2, millis: 1000 })
/** At most 8 + 60 / 5 = 20 in any minute. */
const group = (id: number): Rate => ({ key: `group ${id}`, burst: 8, millis: 5000 })

/** The limits for a message or an edit in a chat. A group's id is negative. */
export const ratesOf = (chatId: number): ReadonlyArray<Rate> =>
  chatId < 0 ? [everywhere, chat(chatId), group(chatId)] : [everywhere, chat(chatId)]

const freeAt = (rates: Rates, { burst, key, millis }: Rate): number =>
  (rates.get(key) ?? -Infinity) - (burst - 1) * millis

/** Removes limits whose time has passed: they carry no information. */
const tidy = (rates: Map<string, number>, now: number): Rates =>
  rates.size < 1000 ? rates : new Map([...rates].filter(([, emptyAt]) => emptyAt > now))

/**
 * Reserves the next turn: the call may be made after `wait` milliseconds. Reserves nothing if that is longer than the
 * caller is willing to wait.
 */
export const reserve = (
  rates: Rates,
  limits: ReadonlyArray<Rate>,
  now: number,
  longest: number
): { readonly wait: number; readonly rates: Rates } => {
  const at = Math.max(now, ...limits.map((limit) => freeAt(rates, limit)))
  const wait = at - now
  if (wait > longest) return { wait, rates }
  const next = new Map(rates)
  for (const { key, millis } of limits) next.set(key, Math.max(at, rates.get(key) ?? at) + millis)
  return { wait, rates: tidy(next, now) }
}

/** Blocks this limit until the given time, because Telegram asked for it. */
export const hold = (rates: Rates, { burst, key, millis }: Rate, until: number): Rates =>
  new Map([...rates, [key, Math.max(rates.get(key) ?? until, until + (burst - 1) * millis)]])
