/**
 * Starts a bot as a task that lives as long as the program. If it fails, that is one line in the log, and in
 * `BotStatus`.
 */
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ChatPlatform } from "../../services/store/ChatMemory.ts"
import { BackgroundTasks } from "../../services/support/BackgroundTasks.ts"
import { BotStatus } from "./BotStatus.ts"

export interface Bot<E, R> {
  readonly platform: ChatPlatform
  /** How long the program's start waits to learn whether the bot is running. */
  readonly startTimeout: Duration.DurationInput
  /** Runs the bot; it calls `running` with the bot's name once it runs. */
  readonly run: (running: (as: string) => Effect.Effect<void>) => Effect.Effect<void, E, R>
}

/** Starts the bot; returns when it runs, has failed, or takes too long. */
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
