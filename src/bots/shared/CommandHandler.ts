/** From a command to the reply to it, for every platform. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { StoreError } from "../../services/store/StoreError.ts"
import type { Caller, CommandRefused } from "./ChatCommand.ts"
import { Reply } from "./CommandReplies.ts"
import type { Command } from "./CommandText.ts"
import { Conversations, type Repositories } from "./Conversations.ts"
import { SessionActions } from "./SessionActions.ts"

/** A command that does not start a session. */
export type Given = Exclude<Command, { readonly _tag: "Task" }>

/** Who gave a command, and where. */
export interface Asked {
  readonly caller: Effect.Effect<Caller>
  readonly repositories: Repositories
}

/** How many sessions a list shows. */
const listLength = 15

export const make = Effect.gen(function*() {
  const actions = yield* SessionActions
  const conversations = yield* Conversations

  /** The conversation's own session, on platforms where a conversation is about one. */
  const currentOf = (caller: Caller) => {
    const own = caller.conversations.find(([how]) => how === "current")
    return own === undefined ? Effect.succeedNone : conversations.sessionOf(own[1])
  }

  return Effect.fn("CommandHandler.handle")(
    function*(command: Given, { caller, repositories }: Asked): Effect.fn.Return<Reply, CommandRefused | StoreError> {
      switch (command._tag) {
        case "Help":
          return Reply.Help()
        case "List": {
          const sessions = yield* actions.list(listLength)
          return Reply.List({ sessions, current: Option.getOrUndefined(yield* currentOf(yield* caller)) })
        }
        case "Repository": {
          const repo = yield* actions.repository(command.name, repositories)
          return Reply.Repository({ repo, isNew: command.name !== undefined })
        }
        case "OnSession":
          return yield* actions.run(command, yield* caller)
      }
    }
  )
})
