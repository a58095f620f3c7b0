/** Addresses of servers, as they are configured and as this machine reaches them. Pure. */
import * as Option from "effect/Option"

const everyInterface: Readonly<Record<string, string>> = {
  "": "127.0.0.1",
  "0.0.0.0": "127.0.0.1",
  "::": "::1",
  "[::]": "::1"
}

/** The URL at which this machine reaches a server that listens on this address. */
export const urlOf = ({ host, port }: { readonly host: string; readonly port: number }): string => {
  const name = everyInterface[host] ?? host
  return `http://${name.includes(":") && !name.startsWith("[") ? `[${name}]` : name}:${port}`
}

/** An http(s) URL, without a slash at its end. */
export const parseServer = (text: string): Option.Option<string> =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? Option.some(text.replace(/\/+$/, "")) : Option.none()

export const isLoopback = (url: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname)
