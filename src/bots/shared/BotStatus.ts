/**
 * Which bots are running, for the server's operator. A bot that cannot run says why in one line; everything else
 * continues.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import type { ChatPlatform } from "../../services/store/ChatMemory.ts"

export type BotState =
  /** `as`: the bot's name on the platform, and where. */
  | { readonly state: "running"; readonly as: string }
  | { readonly state: "failed"; readonly reason: string }

export class BotStatus extends Context.Tag("opentl/bots/shared/BotStatus")<BotStatus, {
  /** Records the state, and logs `<platform>: …`. */
  readonly report: (platform: ChatPlatform, state: BotState) => Effect.Effect<void>
  /** The bots that are switched on and have reported a state. */
  readonly all: Effect.Effect<ReadonlyMap<ChatPlatform, BotState>>
}>() {
  static readonly layer = Layer.effect(
    BotStatus,
    Effect.gen(function*() {
      const states = yield* Ref.make<ReadonlyMap<ChatPlatform, BotState>>(new Map())
      return BotStatus.of({
        report: (platform, state) =>
          Effect.zipRight(
            Ref.update(states, (all) => new Map([...all, [platform, state]])),
            state.state === "running"
              ? Effect.logInfo(`${platform}: running as ${state.as}`)
              : Effect.logError(`${platform}: ${state.reason}`)
          ),
        all: Ref.get(states)
      })
    })
  )
}
