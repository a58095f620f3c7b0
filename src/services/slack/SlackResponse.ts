/** Replies to slash commands after their acknowledgement, at the URL that Slack gives each command. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import { isRetryableStatus, retryTransient } from "../support/Retry.ts"
import { SlackError } from "./SlackFailure.ts"

/** The URL is in no error, because anybody could reply with it. */
const failed = (status: number | undefined) =>
  new SlackError({
    operation: "answer a command",
    code: status === undefined ? "unreachable" : `http ${status}`,
    isRetryable: status === undefined || isRetryableStatus(status)
  })

/** Makes the function that sends a reply to such a URL. */
export const respond = Effect.map(HttpClient.HttpClient, (client) => {
  const http = HttpClient.filterStatusOk(client)
  return (responseUrl: string, answer: Readonly<Record<string, unknown>>): Effect.Effect<void, SlackError> =>
    HttpClientRequest.post(responseUrl).pipe(
      HttpClientRequest.bodyUnsafeJson(answer),
      http.execute,
      Effect.asVoid,
      Effect.scoped,
      Effect.timeoutFail({ duration: "10 seconds", onTimeout: () => failed(undefined) }),
      Effect.catchTags({
        RequestError: () => failed(undefined),
        ResponseError: ({ response }) => failed(response.status)
      }),
      retryTransient
    )
})
