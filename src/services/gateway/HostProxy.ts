/** The proxy that this host must use for TLS, from HTTPS_PROXY and NO_PROXY (or their lower-case forms). */
import * as Config from "effect/Config"
import * as Option from "effect/Option"

export interface HostProxy {
  readonly url: Option.Option<URL>
  /** Names that are reached without the proxy, with their subdomains; `*` means every name. */
  readonly direct: ReadonlyArray<string>
}

const either = <A>(config: (name: string) => Config.Config<A>, name: string) =>
  Config.option(Config.orElse(config(name), () => config(name.toLowerCase())))

export const config: Config.Config<HostProxy> = Config.all({
  url: either(Config.url, "HTTPS_PROXY"),
  direct: Config.map(
    either(Config.string, "NO_PROXY"),
    Option.match({
      onNone: () => new Array<string>(),
      onSome: (list) =>
        list.split(",").map((name) => name.trim().toLowerCase().replace(/^\*?\.|:\d+$/g, "")).filter(Boolean)
    })
  )
})

const isLoopback = (host: string) => host === "localhost" || host === "::1" || host.startsWith("127.")

/** The proxy for a host; none if it is reached directly. */
export const proxyFor = (proxy: HostProxy, host: string): Option.Option<URL> =>
  isLoopback(host) || proxy.direct.some((name) => name === "*" || host === name || host.endsWith(`.${name}`))
    ? Option.none()
    : proxy.url
