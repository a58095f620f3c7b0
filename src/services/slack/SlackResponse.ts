/** Replies to slash commands that come later than their acknowledgement: Slack takes them at an address of that command. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import { isRetryableStatus, retryTransient } from "../support/Retry.ts"
import { SlackError } from "./SlackFailure.ts"

/** With the address anybody could answer, so it is in no error. */
const failed = (status: number | undefined) =>
  new SlackError({
    operation: "answer a command",
    code: status === undefined ? "unreachable" : `http ${status}`,
    isRetryable: status === undefined || isRetryableStatus(status)
  })

/** Makes the function that sends a reply to such an address. */
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
