/**
 * How fast a bot may write: a leaky bucket for each limit, kept as the one time at which it is empty again. Pure. A
 * call reserves its turn, so who came first goes first.
 *
 * Sources: core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this (one message a second in a chat,
 * twenty a minute in a group, about thirty a second in all). We stay below each of them.
 */

export interface Rate {
  readonly key: string
  /** So many at once, … */
  readonly burst: number
  /** … then one in this time. */
  readonly millis: number
}

/** For each limit, epoch milliseconds at which nothing is left of what was reserved. */
export type Rates = ReadonlyMap<string, number>
export const none: Rates = new Map()

const everywhere: Rate = { key: "all", burst: 20, millis: 1000 / 25 }
const chat = (id: number): Rate => ({ key: `chat ${id}`, burst: 2, millis: 1000 })
/** At most 8 + 60 / 5 = 20 in any minute. */
const group = (id: number): Rate => ({ key: `group ${id}`, burst: 8, millis: 5000 })

/** The limits that a message in a chat, or an edit of one, counts against. A group's id is negative. */
export const ratesOf = (chatId: number): ReadonlyArray<Rate> =>
  chatId < 0 ? [everywhere, chat(chatId), group(chatId)] : [everywhere, chat(chatId)]

const freeAt = (rates: Rates, { burst, key, millis }: Rate): number =>
  (rates.get(key) ?? -Infinity) - (burst - 1) * millis

/** Limits whose time is over say nothing. */
const tidy = (rates: Map<string, number>, now: number): Rates =>
  rates.size < 1000 ? rates : new Map([...rates].filter(([, emptyAt]) => emptyAt > now))

/**
 * Reserves the next turn: after `wait` milliseconds the call may be made. Where that is longer than the caller is
 * ready to wait, nothing is reserved.
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

/** Nothing may go out under this limit before `until`: Telegram said so. */
export const hold = (rates: Rates, { burst, key, millis }: Rate, until: number): Rates =>
  new Map([...rates, [key, Math.max(rates.get(key) ?? until, until + (burst - 1) * millis)]])
