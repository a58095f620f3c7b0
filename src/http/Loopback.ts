/** Addresses that only this machine reaches. */
import * as Net from "node:net"

/**
 * @example
 * isLoopback("127.0.0.1") // true
 * isLoopback("::1")       // true
 * isLoopback("localhost") // true
 * isLoopback("0.0.0.0")   // false: every interface
 */
export const isLoopback = (host: string): boolean =>
  host.toLowerCase() === "localhost" || host === "::1" || Net.isIPv4(host) && host.startsWith("127.")
