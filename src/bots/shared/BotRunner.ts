/** Starts a bot as a task that lives as long as the program. What is wrong with it is one line in the log, and in `BotStatus`. */
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ChatPlatform } from "../../services/store/ChatMemory.ts"
import { BackgroundTasks } from "../../services/support/BackgroundTasks.ts"
import { BotStatus } from "./BotStatus.ts"

export interface Bot<E, R> {
  readonly platform: ChatPlatform
  /** How long the program's start waits to learn whether the bot runs. */
  readonly startTimeout: Duration.DurationInput
  /** Runs the bot; `running` is told, as whom, when it does. */
  readonly run: (running: (as: string) => Effect.Effect<void>) => Effect.Effect<void, E, R>
}

/** Starts it, and returns when it runs, has failed, or takes too long to say. */
export const start = <E, R>({ platform, run, startTimeout }: Bot<E, R>) =>
  Effect.gen(function*() {
    const known = yield* Deferred.make<void>()
    const status = yield* BotStatus
    const tasks = yield* BackgroundTasks
    const running = (as: string) =>
      Effect.zipRight(status.report(platform, { state: "running", as }), Deferred.succeed(known, undefined))
    yield* tasks.run(
      `${platform} bot`,
      run((as) => Effect.asVoid(running(as))).pipe(
        Effect.scoped,
        Effect.ensuring(Deferred.succeed(known, undefined)),
        Effect.annotateLogs({ bot: platform })
      )
    )
    yield* Effect.timeoutOption(Deferred.await(known), startTimeout)
  })
