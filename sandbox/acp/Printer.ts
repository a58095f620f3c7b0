/**
 * The host program's output: marker lines, which only the programs of this directory write. What an agent says is always
 * inside JSON, so that it cannot look like one.
 */
import * as NodeSink from "@effect/platform-node/NodeSink"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Schema from "effect/Schema"
import type * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { Writable } from "node:stream"
import { type AgentLine, AgentLineJson } from "../../src/domain/AgentLine.ts"
import { AcpConfig } from "./AcpConfig.ts"

/** What a line costs beside its bytes. The host counts the same (`OPENTL_OUTPUT_LIMIT`). */
const lineCost = 64

/** More was printed than a round may print. */
export class OutputLimitReached extends Schema.TaggedError<OutputLimitReached>()("OutputLimitReached", {}) {
  override get message() {
    return "it printed more than a round may print"
  }
}

/** Nobody reads any more. */
export class OutputGone extends Schema.TaggedError<OutputGone>()("OutputGone", {}) {}

const control = /\p{Cc}+/gu

export class Printer extends Context.Tag("opentl/acp/Printer")<Printer, {
  readonly line: (line: AgentLine) => Effect.Effect<void, OutputLimitReached>
  readonly status: (text: string) => Effect.Effect<void, OutputLimitReached>
  readonly error: (text: string) => Effect.Effect<void, OutputLimitReached>
}>() {
  /** Prints to the sink, at its pace. Closing the layer waits until everything is printed. */
  static readonly layer = (limit: number, sink: () => Sink.Sink<void, string, unknown, OutputGone>) =>
    Layer.scoped(
      Printer,
      Effect.gen(function*() {
        const lines = yield* Mailbox.make<string>()
        const printing = yield* Effect.forkScoped(Effect.ignore(Stream.run(Mailbox.toStream(lines), sink())))
        yield* Effect.addFinalizer(() => Effect.zipRight(lines.end, printing.await))
        let left = limit
        const print = (kind: string, text: string) =>
          Effect.suspend((): Effect.Effect<void, OutputLimitReached> => {
            const line = `###OPENTL_${kind}### ${text}\n`
            left -= new TextEncoder().encode(line).length + lineCost
            return left < 0 ? new OutputLimitReached() : Effect.asVoid(lines.offer(line))
          })
        const encode = Schema.encode(AgentLineJson)
        return Printer.of({
          line: (line) => Effect.flatMap(Effect.orDie(encode(line)), (json) => print("ACP", json)),
          status: (text) => print("STATUS", text.replaceAll(control, " ")),
          error: (text) => print("ERROR", text.replaceAll(control, " "))
        })
      })
    )

  /** The same, to a stream of node's that stays open, within the round's limit. */
  static readonly layerTo = (stream: () => Writable) =>
    Layer.unwrapEffect(
      Effect.map(AcpConfig, ({ outputLimit }) =>
        Printer.layer(outputLimit, () =>
          NodeSink.fromWritable<OutputGone, string>(stream, () =>
            new OutputGone(), { endOnDone: false })))
    )
}
