/** What the gateway itself replies to model calls, in the shape of the provider's errors. Pure. */
import * as GatewayServer from "./GatewayServer.ts"
import * as Routes from "./ModelProxyRoutes.ts"

/** Asking again would not help, and the providers' SDKs heed this. */
const final = { "x-should-retry": "false" }

const refuse = (
  provider: Routes.Provider,
  status: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>> = final
): GatewayServer.Reply =>
  GatewayServer.text(status, "application/json", JSON.stringify(Routes.errorBody(provider, type, message)), headers)

/** The request will never be let out: asking again would not help. */
export const invalid = (provider: Routes.Provider, message: string) =>
  refuse(provider, 400, "invalid_request_error", message)

export const notFound = (provider: Routes.Provider, message: string) =>
  refuse(provider, 404, "not_found_error", message)

export const tooLarge = (provider: Routes.Provider, message: string) =>
  refuse(provider, 413, "request_too_large", message)

/** Nothing is left to spend. Our own agent knows the type. */
export const budgetSpent = (provider: Routes.Provider, message: string) =>
  refuse(provider, 402, "budget_exceeded", message)

export const noKey = (provider: Routes.Provider, message: string) => refuse(provider, 503, "api_error", message)

/** It may go better the next time; the SDKs ask again by themselves. */
export const later = (provider: Routes.Provider, status: 408 | 502 | 503, message: string) =>
  refuse(provider, status, status === 408 ? "timeout_error" : "api_error", message, {})
