/** Asks the server, through the gateway, for the messages that have come while the agent was at work. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { MessagesAnswer, messagesPath } from "../../src/domain/AgentMessages.ts"
import { AcpConfig } from "./AcpConfig.ts"

/** The bridge holds a question for two minutes while the server restarts. */
const longestQuestion = "150 seconds"
/**
 * A server that goes away may have counted messages as given, so that they would be lost without another question. Later
 * than this the agent's work is worth more.
 */
const longest = "10 minutes"

/**
 * The messages after the one that is named, oldest first. None without a gateway, and where it does not know the question:
 * what is not given to the agent now opens the next turn.
 */
export const waiting = Effect.fn("Messages.waiting")(function*(after: string | undefined) {
  const { gatewayUrl } = yield* AcpConfig
  if (Option.isNone(gatewayUrl)) return []
  const client = yield* HttpClient.HttpClient
  const question = HttpClientRequest.post(`${gatewayUrl.value}${messagesPath}`, {
    urlParams: after === undefined ? {} : { after }
  })
  return yield* client.execute(question).pipe(
    Effect.flatMap((response) =>
      response.status === 200
        ? HttpClientResponse.schemaBodyJson(MessagesAnswer)(response)
        : Effect.succeed<MessagesAnswer>([])
    ),
    Effect.timeout(longestQuestion),
    // the connection broke: the answer may have been on its way
    Effect.retry({
      while: ({ _tag }) => _tag !== "ParseError",
      schedule: Schedule.spaced("1 second").pipe(Schedule.upTo(longest))
    }),
    Effect.orElseSucceed((): MessagesAnswer => [])
  )
}, Effect.scoped)
