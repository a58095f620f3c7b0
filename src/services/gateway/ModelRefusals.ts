/** The gateway's own replies to model calls, in the form of the provider's errors. Pure. */
import * as GatewayServer from "./GatewayServer.ts"
import * as Routes from "./ModelProxyRoutes.ts"

/** Retrying would not help; the providers' SDKs respect this header. */
const final = { "x-should-retry": "false" }

const refuse = (
  provider: Routes.Provider,
  status: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>> = final
): GatewayServer.Reply =>
  GatewayServer.text(
    status,
    "application/json",
    JSON.stringify(Routes.errorBody(provider, status, type, message)),
    headers
  )

/** The request will never be accepted: retrying would not help. */
export const invalid = (provider: Routes.Provider, message: string) =>
  refuse(provider, 400, "invalid_request_error", message)

/** No agent needs this endpoint. */
export const forbidden = (provider: Routes.Provider, message: string) =>
  refuse(provider, 403, "permission_error", message)

export const tooLarge = (provider: Routes.Provider, message: string) =>
  refuse(provider, 413, "request_too_large", message)

/** The budget is used up. Our own agent recognises this type. */
export const budgetSpent = (provider: Routes.Provider, message: string) =>
  refuse(provider, 402, "budget_exceeded", message)

export const noKey = (provider: Routes.Provider, message: string) => refuse(provider, 503, "api_error", message)

/** A retry may succeed; the SDKs retry by themselves. */
export const later = (provider: Routes.Provider, status: 408 | 502 | 503, message: string) =>
  refuse(provider, status, status === 408 ? "timeout_error" : "api_error", message, {})
