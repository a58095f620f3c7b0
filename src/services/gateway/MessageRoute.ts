/** The gateway's own route: the host of an agent asks for the messages that have come while the agent was at work. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { MessagesAnswer, messagesPath } from "../../domain/AgentMessages.ts"
import * as GatewayServer from "./GatewayServer.ts"

/** Returns the messages after the one that is named, which then count as given to the agent. */
export type GiveMessages = (after: string | undefined) => Effect.Effect<MessagesAnswer>

const encode = Schema.encodeSync(Schema.parseJson(MessagesAnswer))

const longestQuestion = 256

/** Whether a request's URL is this route's. */
export const isFor = (url: string): boolean => url === messagesPath || url.startsWith(`${messagesPath}?`)

/** Handles a request. */
export const serve = Effect.fn("MessageRoute.serve")(
  function*({ method, url }: GatewayServer.Request, give: GiveMessages) {
    if (method !== "POST") return GatewayServer.text(405, "text/plain", "Use POST.\n", { allow: "POST" })
    if (url.length > longestQuestion) return GatewayServer.text(414, "text/plain", "The question is too long.\n")
    const after = new URLSearchParams(url.slice(messagesPath.length + 1)).get("after")
    return GatewayServer.text(200, "application/json", encode(yield* give(after ?? undefined)))
  }
)
