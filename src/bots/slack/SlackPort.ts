/**
 * The `ChatPort` of a Slack thread. Every message carries metadata, by which it is found again if its acknowledgement
 * was lost; a file is found by its name.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Sessions } from "../../actors/sessions/Sessions.ts"
import { optional } from "../../domain/Wire.ts"
import * as Budget from "../../services/slack/SlackBudget.ts"
import { SlackClient, type SlackContent, type SlackError } from "../../services/slack/SlackClient.ts"
import { isCredentialError } from "../../services/slack/SlackFailure.ts"
import { ChatFailure, type ChatPort, type Renderer, type Turn } from "../shared/ChatPort.ts"
import { Conversations } from "../shared/Conversations.ts"
import { Item } from "../shared/Posted.ts"
import { reader } from "../shared/SessionFiles.ts"
import * as Cards from "./SlackCards.ts"
import { format } from "./SlackFiles.ts"
import { messageKey, threadKey } from "./SlackKeys.ts"
import { notice } from "./SlackNotices.ts"
import * as PostedV1 from "./SlackPostedV1.ts"
import * as View from "./SlackView.ts"

/** Where a session is shown. */
export const Target = Schema.Struct({
  channel: Schema.String,
  user: Schema.String,
  /** The thread's first message; absent for a command, whose thread starts with a message of the bot. */
  thread: optional(Schema.String),
  /** The message with the request. */
  request: optional(Schema.String)
})
export type Target = typeof Target.Type

/** A rejected token may be corrected; any other rejection is final. */
const failing = (error: SlackError): ChatFailure => {
  const isToken = isCredentialError(error) && error.code !== "missing_scope"
  return new ChatFailure({
    reason: error.message,
    isRetryable: error.isRetryable || isToken,
    isInDoubt: !error.isRefusal,
    isForEveryone: isToken,
    ...(error.retryAfterMillis === undefined ? {} : { retryAfterMillis: Math.max(500, error.retryAfterMillis) })
  })
}

const renderer: Renderer<Target, SlackContent> = {
  opening: ({ session, target }) =>
    target.thread === undefined ? Option.some(Cards.request(target.user, session.prompt)) : Option.none(),
  status: ({ now, session, view }) => ({ content: View.status(session, view, now), state: View.stateOf(view) }),
  plan: ({ session, view }, proposal) => [View.plan(session, view, proposal)],
  notice: ({ session }, shown) => notice(session, shown),
  card: ({ now, session, view }) => [Cards.card(session, view, now)],
  // the result of an earlier turn stays on the request until this one has ended
  reaction: ({ end }) => end === undefined ? undefined : View.marks[end.end]
}

/** The kind of a message in its metadata. */
const kindOf = Item.$match({
  Opening: () => "request",
  Status: () => "status",
  Plan: ({ proposal }) => `plan-${proposal}`,
  Notice: ({ notice }) => `notice-${notice + 1}`,
  Card: () => "card",
  File: ({ kind }) => kind
})

const threadOf = ({ posted, target }: Turn<Target>) => target.thread ?? posted.opening?.id
const destinationOf = (turn: Turn<Target>) => ({ channel: turn.target.channel, thread: threadOf(turn) })
const markOf = ({ session, view }: Turn<Target>, item: Item) => ({
  session: session.id,
  turn: view.turn,
  kind: kindOf(item)
})

/** Reactions are optional: everything else still shows how the turn ended. */
const tolerant = (effect: Effect.Effect<void, SlackError>) =>
  Effect.catchIf(effect, (error) => !error.isRetryable, (error) => Effect.logWarning(error.message))

export const make = Effect.gen(function*() {
  const conversations = yield* Conversations
  const slack = yield* SlackClient
  const read = reader(yield* Sessions, format)

  const edit = (channel: string, ts: string, content: SlackContent, pace: Budget.Pace) =>
    Effect.as(slack.update(channel, ts, content, pace), "edited" as const).pipe(
      Effect.catchIf(
        (error) => error.code === "message_not_found" || error.code === "cant_update_message",
        () => Effect.succeed("gone" as const)
      ),
      Effect.mapError(failing)
    )

  const port: ChatPort<Target, typeof Target.Encoded, SlackContent> = {
    platform: "slack",
    target: Target,
    renderer,
    files: ["log"],
    // Slack permits an app fewer edits than posts
    editsLast: true,
    readEarlier: PostedV1.read,
    post: (turn, item, content) =>
      Effect.mapError(slack.post(destinationOf(turn), content, markOf(turn, item)), failing),
    upload: (turn, _, { content, name }) =>
      slack.upload(destinationOf(turn), { name, title: `Log of turn ${turn.view.turn}`, content }).pipe(
        Effect.as(Option.some("uploaded")),
        // without permission to upload, everything else is still shown
        Effect.catchIf(
          (error) => error.code === "missing_scope",
          (error) => Effect.as(Effect.logWarning(error.message), Option.none())
        ),
        Effect.mapError(failing)
      ),
    find: (turn, item) =>
      Effect.mapError(
        item._tag === "File"
          ? Effect.map(
            slack.hasFile(destinationOf(turn), format.nameOf(item.kind, turn.session.id, turn.view.turn)),
            (isThere) => isThere ? Option.some("uploaded") : Option.none()
          )
          : slack.find(destinationOf(turn), markOf(turn, item)),
        failing
      ),
    edit: ({ target }, ts, content, urgency) =>
      edit(target.channel, ts, content, urgency === "now" ? Budget.needed : Budget.spare),
    closePlan: ({ session, target, view }, ts, proposal) =>
      Effect.asVoid(edit(target.channel, ts, View.plan(session, view, proposal), Budget.needed)),
    react: ({ posted, target }, reaction, before) => {
      const request = target.request ?? posted.opening?.id
      if (request === undefined) return Effect.void
      const remove = before === undefined
        ? Effect.void
        : tolerant(slack.unreact(target.channel, request, before, Budget.needed))
      return Effect.zipRight(remove, tolerant(slack.react(target.channel, request, reaction, Budget.needed))).pipe(
        Effect.mapError(failing)
      )
    },
    file: ({ session, view }, kind) => read(kind, session.id, view.turn),
    remember: Effect.fnUntraced(function*({ session, target: { channel } }, item, ts) {
      if (item._tag === "Status") yield* conversations.bind(messageKey(channel, ts), session.id)
      if (item._tag !== "Opening") return
      yield* conversations.bind(threadKey(channel, ts), session.id)
      // a slash command leaves no other message to react to
      yield* Effect.mapError(tolerant(slack.react(channel, ts, "eyes", Budget.needed)), failing)
    })
  }
  return port
})
