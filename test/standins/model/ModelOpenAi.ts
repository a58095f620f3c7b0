/** What OpenAI's two APIs share: the key, the error envelope, and the words for a body that does not fit. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { ModelRefusal } from "./ModelScript.ts"
import type { Misfit, ModelWire } from "./ModelWire.ts"

export const invalid = (message: string, param?: string, code?: string): ModelRefusal =>
  new ModelRefusal({
    status: 400,
    message,
    ...(param === undefined ? {} : { param }),
    ...(code === undefined ? {} : { code })
  })

/** `messages[0].role`, as OpenAI writes a place in a body. */
const place = (path: Misfit["path"]): string =>
  path.map((key, index) => typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`).join("")

export const misfit = ({ detail, kind, path }: Misfit): ModelRefusal => {
  const param = place(path)
  switch (kind) {
    case "missing":
      return invalid(`Missing required parameter: '${param}'.`, param, "missing_required_parameter")
    case "unknown":
      return invalid(`Unknown parameter: '${param}'.`, param, "unknown_parameter")
    case "wrong":
      return invalid(`Invalid value for '${param}': ${detail}`, param, "invalid_value")
  }
}

/** The arguments of a call are JSON text that a model wrote: what is no JSON stays text. */
export const readArguments = (text: string): unknown =>
  Either.getOrElse(Schema.decodeEither(Schema.parseJson())(text), () => text)

/** Wants `Authorization: Bearer <key>`; a wrong key is repeated in the error only by its ends. */
export const authenticate: ModelWire["authenticate"] = (headers, expectedKey) => {
  const key = /^Bearer\s+(\S+)$/i.exec(headers["authorization"] ?? "")?.[1]
  if (key === undefined) {
    return Either.left(new ModelRefusal({ status: 401, message: "You didn't provide an API key." }))
  }
  return expectedKey === undefined || key === expectedKey ? Either.void : Either.left(
    new ModelRefusal({
      status: 401,
      message: `Incorrect API key provided: ${key.slice(0, 3)}***${key.slice(-2)}.`,
      code: "invalid_api_key"
    })
  )
}

const errorType = (status: number): string =>
  status >= 500 ? "server_error" : status === 429 ? "requests" : "invalid_request_error"

const envelope = ({ code, message, param, status, type }: ModelRefusal) => ({
  error: {
    message,
    type: type ?? errorType(status),
    param: param ?? null,
    code: code ?? (status === 429 ? "rate_limit_exceeded" : null)
  }
})

export const refuse: ModelWire["refuse"] = (refusal) => ({
  headers: { "x-request-id": "req_standin" },
  body: JSON.stringify(envelope(refusal))
})

export const overloaded = new ModelRefusal({
  status: 503,
  message: "The server is currently overloaded.",
  code: "server_overloaded"
})

/** The error object of `overloaded`, for a stream that breaks off. */
export const overloadedError = envelope(overloaded)
