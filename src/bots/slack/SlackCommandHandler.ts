/** Commands that a person gives by `/opentl …` or by a mention, and what they are told of it. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { ChatRefusal } from "../shared/Conversations.ts"
import { SessionActions } from "../shared/SessionActions.ts"
import type { SlackButtons } from "./SlackButtons.ts"
import { Command } from "./SlackCommands.ts"
import type { SlackPeople } from "./SlackPeople.ts"
import * as Replies from "./SlackReplies.ts"

/** Who gives a command, and where. */
export interface Asked {
  readonly user: string
  readonly channel: string
  readonly thread: string | undefined
  /** With it a form can be opened. */
  readonly trigger: string | undefined
}

/** A command that starts nothing. */
export type Given = Exclude<Command, { readonly _tag: "Task" }>

/** Sessions in a list. */
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

    /** Carries out a command. What it returns is told to the person alone; nothing where a form was opened. */
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
