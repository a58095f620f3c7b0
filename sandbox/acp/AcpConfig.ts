import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type AgentLaunch, AgentLaunchJson } from "../../src/domain/AgentLaunch.ts"

/** The host program's configuration, from environment variables set by the entrypoint. README.md lists them. */
export class AcpConfig extends Context.Tag("opentl/acp/AcpConfig")<AcpConfig, {
  readonly promptFile: string
  readonly answerFile: string
  readonly home: string
  /** The repository, the same in every round: an agent finds its sessions by it. */
  readonly directory: string
  readonly launch: AgentLaunch
  /** The gateway's address on the loopback; none without a gateway. */
  readonly gatewayUrl: Option.Option<string>
  /** The last message to the running agent that the prompt contains. */
  readonly lastMessage: Option.Option<string>
  /** The most output: a byte counts one, a line 64 more. */
  readonly outputLimit: number
}>() {
  /** For the agent of the launch file. */
  static readonly layer = Layer.unwrapEffect(
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = yield* Config.nonEmptyString("OPENTL_AGENT_LAUNCH")
      return AcpConfig.layerOf(yield* Effect.flatMap(fs.readFileString(file), Schema.decode(AgentLaunchJson)))
    })
  )

  static readonly layerOf = (launch: AgentLaunch) =>
    Layer.effect(
      AcpConfig,
      Effect.gen(function*() {
        return AcpConfig.of({
          promptFile: yield* Config.nonEmptyString("OPENTL_PROMPT_FILE"),
          answerFile: yield* Config.nonEmptyString("OPENTL_ANSWER_FILE"),
          home: yield* Config.nonEmptyString("HOME"),
          directory: yield* Config.nonEmptyString("PWD"),
          launch,
          gatewayUrl: yield* Config.option(Config.nonEmptyString("OPENTL_GATEWAY_URL")),
          lastMessage: yield* Config.option(Config.nonEmptyString("OPENTL_LAST_MESSAGE")),
          outputLimit: yield* Config.withDefault(Config.number("OPENTL_OUTPUT_LIMIT"), Infinity)
        })
      })
    )
}
