/** Parsers for the texts of variables. Each returns none for a text that it does not accept. */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Num from "effect/Number"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Net from "node:net"
import * as Agent from "../../domain/Agent.ts"
import { isDomain } from "../../domain/EgressDomain.ts"
import * as Repository from "../../domain/Repository.ts"

export type Reader<A> = (text: string) => Option.Option<A>

const when = (pattern: RegExp): Reader<string> => (text) => pattern.test(text) ? Option.some(text) : Option.none()

/** A line of text. */
export const line: Reader<string> = when(/^[^\r\n\0]+$/)

/** A word: no white space, and only characters that are valid in a header. */
export const word: Reader<string> = when(/^[\x21-\x7e]+$/)

/** A token, a key or another secret word. */
export const secret: Reader<Redacted.Redacted> = (text) => Option.map(word(text), Redacted.make)

export const literal = <const A extends ReadonlyArray<string>>(...values: A): Reader<A[number]> => (text) =>
  Arr.findFirst(values, (value) => value === text)

export const flag: Reader<boolean> = (text) =>
  /^(1|true|yes|on)$/i.test(text)
    ? Option.some(true)
    : /^(0|false|no|off)$/i.test(text)
    ? Option.some(false)
    : Option.none()

export const decimal = (minimum: number, maximum: number): Reader<number> => (text) =>
  when(/^\d+(\.\d+)?$/)(text).pipe(
    Option.map(Number),
    Option.filter(Num.between({ minimum, maximum }))
  )

export const integer = (minimum: number, maximum: number): Reader<number> => (text) =>
  Option.filter(decimal(minimum, maximum)(text), Number.isSafeInteger)

const binaryUnits = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 } as const

/** Bytes, in Docker's notation: `512m`, `2g`, `1.5GiB`; a bare number is in bytes. */
export const bytes = (minimum: number, maximum = Number.MAX_SAFE_INTEGER): Reader<number> => (text) =>
  Option.fromNullable(/^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text)).pipe(
    Option.flatMap(([, amount, unit]) =>
      Option.map(
        literal("b", "k", "m", "g", "t")(unit?.toLowerCase() || "b"),
        (known) => Math.floor(Number(amount) * binaryUnits[known])
      )
    ),
    Option.filter((size) => size >= minimum && size <= maximum && Number.isSafeInteger(size))
  )

const durations: ReadonlyArray<readonly [RegExp, (amount: number) => Duration.Duration]> = [
  [/^(ms|millis|milliseconds?)$/i, Duration.millis],
  [/^(s|secs?|seconds?)$/i, Duration.seconds],
  [/^(m|mins?|minutes?)$/i, Duration.minutes],
  [/^(h|hours?)$/i, Duration.hours],
  [/^(d|days?)$/i, Duration.days]
]

/** `45s`, `30 minutes`, `1.5 hours`. */
export const duration =
  (minimum: Duration.DurationInput, maximum: Duration.DurationInput): Reader<Duration.Duration> => (text) =>
    Option.fromNullable(/^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text)).pipe(
      Option.flatMap(([, amount, unit = ""]) =>
        Option.map(Arr.findFirst(durations, ([name]) => name.test(unit)), ([, make]) => make(Number(amount)))
      ),
      Option.filter(Duration.between({ minimum, maximum }))
    )

/** `off` becomes none. */
export const orOff = <A>(value: Reader<A>): Reader<Option.Option<A>> => (text) =>
  /^off$/i.test(text) ? Option.some(Option.none()) : Option.map(value(text), Option.some)

export interface Address {
  readonly host: string
  readonly port: number
}

/** `host:port`, `[ipv6]:port`, or `:port` for every interface. */
export const address: Reader<Address> = (text) =>
  Option.fromNullable(/^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]*)):(\d{1,5})$/i.exec(text)).pipe(
    Option.filter(([, ipv6]) => ipv6 === undefined || Net.isIPv6(ipv6)),
    Option.flatMap(([, ipv6, name, port = ""]) =>
      Option.map(integer(0, 65_535)(port), (port) => ({ host: ipv6 ?? (name || "0.0.0.0"), port }))
    )
  )

/** An http(s) address without user, query or fragment; a trailing slash is removed. */
export const url: Reader<string> = (text) =>
  Option.liftPredicate(text, (text) => /^https?:\/\//i.test(text) && URL.canParse(text)).pipe(
    Option.map((text) => new URL(text)),
    Option.filter((url) => url.username === "" && url.password === "" && url.search === "" && url.hash === ""),
    Option.map((url) => url.href.replace(/\/+$/, ""))
  )

/** Slack's base address ends in `/api/`. */
export const slackUrl: Reader<string> = (text) =>
  url(text).pipe(Option.filter((base) => base.endsWith("/api")), Option.map((base) => `${base}/`))

/** Telegram's base address has no path. */
export const originUrl: Reader<string> = (text) =>
  url(text).pipe(Option.filter((base) => new URL(base).pathname === "/"))

/** `unix:///path` or `tcp://host:port`. */
export const dockerHost: Reader<string> = when(/^(unix:\/\/\/[^\s]+|(tcp|http):\/\/[^\s/:]+:\d{1,5})\/?$/)

/** `owner/name`, its address, or the path of a local repository. Whether the address is GitHub's is checked later. */
export const repository: Reader<Repository.RepositoryReference> = (text) =>
  Option.getRight(Repository.parseReference(text))

/** `auto` becomes none. */
export const agent: Reader<Option.Option<Agent.Agent>> = (text) =>
  text === "auto" ? Option.some(Option.none()) : Option.map(Option.getRight(Agent.parse(text)), Option.some)

/** A domain; `*.` in front of it matches its subdomains. */
export const domain: Reader<string> = (text) => isDomain(text) ? Option.some(text.toLowerCase()) : Option.none()

/** `owner/name`, or `owner/*` for all of an owner, in lower case. */
export const repositories: Reader<string> = (text) =>
  Option.map(when(/^[\w.-]{1,100}\/([\w.-]{1,100}|\*)$/)(text), (name) => name.toLowerCase())

/** A value of the Host header: a name or an address, with or without a port. */
export const host: Reader<string> = (text) =>
  Option.map(when(/^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/i)(text), (name) => name.toLowerCase())

/** A path, made absolute later. */
export const path: Reader<string> = line

export const absolutePath: Reader<string> = (text) => Option.filter(path(text), (text) => text.startsWith("/"))

/** Accepts no text at all. */
export const nothing: Reader<never> = () => Option.none()

/** Items between separators; empty ones are ignored. */
export const list = <A>(item: Reader<A>, separator = ","): Reader<ReadonlyArray<A>> => (text) =>
  Option.all(text.split(separator).map((part) => part.trim()).filter((part) => part !== "").map(item))

/** `left<sign>right`, split at the first sign. */
const pair = (text: string, sign: string): Option.Option<readonly [string, string]> => {
  const at = text.indexOf(sign)
  return at < 1 ? Option.none() : Option.some([text.slice(0, at).trim(), text.slice(at + 1).trim()])
}

const distinct = <A>(items: ReadonlyArray<A>, of: (item: A) => string): boolean =>
  new Set(items.map(of)).size === items.length

export interface NamedToken {
  readonly name: string
  readonly token: Redacted.Redacted
}

/** `name:token,…`, with unique names and tokens. */
export const tokens: Reader<ReadonlyArray<NamedToken>> = (text) =>
  list((item) =>
    Option.flatMap(
      pair(item, ":"),
      ([name, token]) => Option.all({ name: when(/^[\w.@-]{1,100}$/)(name), token: secret(token) })
    )
  )(text).pipe(
    Option.filter((all) =>
      all.length > 0 && distinct(all, ({ name }) => name) && distinct(all, ({ token }) => Redacted.value(token))
    )
  )

/** `C1=owner/name,…` */
export const channelRepos: Reader<ReadonlyMap<string, Repository.RepositoryReference>> = (text) =>
  list((item) => Option.flatMap(pair(item, "="), ([channel, repo]) => Option.all([word(channel), repository(repo)])))(
    text
  ).pipe(
    Option.map((entries) => new Map(entries))
  )

export interface Identity {
  readonly name: string
  readonly via: "slack" | "telegram" | "github"
  readonly id: string
}

const identity = (name: string): Reader<Identity> => (text) =>
  Option.flatMap(
    pair(text, ":"),
    ([via, id]) => Option.all({ name: line(name), via: literal("slack", "telegram", "github")(via), id: word(id) })
  )

/** `name=slack:U1,telegram:7,github:login;…` */
export const identities: Reader<ReadonlyArray<Identity>> = (text) =>
  list((person) => Option.flatMap(pair(person, "="), ([name, ids]) => list(identity(name))(ids)), ";")(text).pipe(
    Option.map(Arr.flatten)
  )

export interface ModelPrice {
  readonly model: string
  /** In US dollars per million tokens. */
  readonly input: number
  readonly output: number
  readonly cached?: number
}

const modelPrice: Reader<ModelPrice> = (text) =>
  Option.flatMap(pair(text, "="), ([model, prices]) => {
    const amounts = Option.all(prices.split("/").map((amount) => decimal(0, 1_000_000)(amount.trim())))
    return Option.flatMap(Option.all({ name: word(model), amounts }), ({ amounts, name }) => {
      const [input, output, cached] = amounts
      return input === undefined || output === undefined || amounts.length > 3
        ? Option.none()
        : Option.some({ model: name, input, output, ...(cached === undefined ? {} : { cached }) })
    })
  })

/** `model=in/out[/cached],…`, with unique models. */
export const modelPrices: Reader<ReadonlyArray<ModelPrice>> = (text) =>
  Option.filter(list(modelPrice)(text), (all) => distinct(all, ({ model }) => model.toLowerCase()))
