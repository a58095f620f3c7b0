/** The agents of this machine's configuration. In its own file so that only the command that needs it loads it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Agents } from "../services/agents/Agents.ts"
import { AppConfig } from "../services/config/AppConfig.ts"
import { InstalledAgents } from "../services/sandbox/InstalledAgents.ts"

/** The list, and whether it is known what the image has: Docker may not answer. */
export const agents = Effect.gen(function*() {
  const context = yield* Layer.build(
    Agents.layerWithoutSandbox.pipe(Layer.provideMerge(InstalledAgents.layer), Layer.provide(AppConfig.layer))
  )
  const { contents } = Context.get(context, InstalledAgents)
  return {
    isKnown: Option.isSome(yield* contents),
    list: yield* Context.get(context, Agents).list
  }
})
