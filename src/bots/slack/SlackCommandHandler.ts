/** Handles commands given by `/opentl …` or by a mention, and replies to them. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Command } from "../shared/CommandText.ts"
import { ChatRefusal } from "../shared/Conversations.ts"
import { SessionActions } from "../shared/SessionActions.ts"
import type { SlackButtons } from "./SlackButtons.ts"
import type { SlackPeople } from "./SlackPeople.ts"
import * as Replies from "./SlackReplies.ts"

/** Who gave a command, and where. */
export interface Asked {
  readonly user: string
  readonly channel: string
  readonly thread: string | undefined
  /** Slack's trigger id, needed to open a form. */
  readonly trigger: string | undefined
}

/** A command that does not start a session. */
export type Given = Exclude<Command, { readonly _tag: "Task" }>

/** How many sessions a list shows. */
const listLength = 15

export const make = Effect.fnUntraced(
  function*({ callerIn, repositoriesOf }: SlackPeople, { askReason }: SlackButtons) {
    const actions = yield* SessionActions

    const onSession = Effect.fnUntraced(
      function*(command: Extract<Command, { readonly _tag: "OnSession" }>, asked: Asked) {
        const outcome = yield* actions.run(command, yield* callerIn(asked.user, asked.channel, asked.thread))
        if (outcome._tag !== "ReasonWanted") return Replies.outcome(outcome, yield* Clock.currentTimeMillis)
        const { answers, found: { session: { id } } } = outcome
        if (asked.trigger === undefined) {
          return yield* new ChatRefusal({ reason: `why? Write: reject ${id} <reason>` })
        }
        yield* askReason({ session: id, answers, channel: asked.channel }, asked.trigger)
        return undefined
      }
    )

    /** Carries out a command. The result is shown to that person alone; none if a form was opened. */
    return (command: Given, asked: Asked) =>
      Command.$match({
        Help: () => Effect.succeed(Replies.help),
        List: () => Effect.map(actions.list(listLength), Replies.list),
        Repository: ({ name }) =>
          Effect.map(
            actions.repository(name, repositoriesOf(asked.channel)),
            (repo) => Replies.repository(repo, name !== undefined)
          ),
        OnSession: (given) => onSession(given, asked),
        Task: () => Effect.succeed(undefined)
      })(command)
  }
)

export type SlackCommandHandler = Effect.Effect.Success<ReturnType<typeof make>>
