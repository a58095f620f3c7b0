/** Replies to commands given by `/opentl …` or by a mention. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { write } from "../../services/slack/SlackText.ts"
import * as CommandHandler from "../shared/CommandHandler.ts"
import { textOf } from "../shared/CommandReplies.ts"
import { ChatRefusal } from "../shared/Conversations.ts"
import type { SlackButtons } from "./SlackButtons.ts"
import type { SlackPeople } from "./SlackPeople.ts"
import { wording } from "./SlackReplies.ts"

/** Who gave a command, and where. */
export interface Asked {
  readonly user: string
  readonly channel: string
  readonly thread: string | undefined
  /** Slack's trigger id, needed to open a form. */
  readonly trigger: string | undefined
}

export const make = Effect.fnUntraced(
  function*({ callerIn, repositoriesOf }: SlackPeople, { askReason }: SlackButtons) {
    const handle = yield* CommandHandler.make

    /** Carries out a command. The result is shown to that person alone; none if a form was opened. */
    return Effect.fnUntraced(function*(command: CommandHandler.Given, { channel, thread, trigger, user }: Asked) {
      const reply = yield* handle(command, {
        caller: callerIn(user, channel, thread),
        repositories: repositoriesOf(channel)
      })
      if (reply._tag !== "ReasonWanted") return write(textOf(reply, wording, yield* Clock.currentTimeMillis))
      const { answers, found: { session: { id } } } = reply
      if (trigger === undefined) return yield* new ChatRefusal({ reason: `why? Write: reject ${id} <reason>` })
      yield* askReason({ session: id, answers, channel }, trigger)
      return undefined
    })
  }
)

export type SlackCommandHandler = Effect.Effect.Success<ReturnType<typeof make>>
