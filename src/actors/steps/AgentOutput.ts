/** A run's output as events of its session, and the end of a run that has fallen silent. */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { describeDuration } from "../../domain/EventText.ts"
import * as OutputLines from "../../domain/OutputLines.ts"
import * as SandboxMarker from "../../domain/SandboxMarker.ts"
import type { LogEvent } from "../../domain/SessionEvent.ts"
import * as OutputRedaction from "../../services/gate/OutputRedaction.ts"
import type { RunId } from "../../services/sandbox/Sandbox.ts"

const toEvent = (run: RunId, line: OutputLines.OutputLine, number: number): LogEvent => {
  const at = { v: 1, turn: run.turn, round: run.round, line: number } as const
  const parsed = SandboxMarker.parse(line.text)
  switch (parsed._tag) {
    case "Status":
      return { _tag: "StatusReported", ...at, text: parsed.text }
    case "Error":
      return { _tag: "ErrorReported", ...at, text: parsed.text }
    case "Done":
      return { _tag: "StatusReported", ...at, text: "the sandbox has finished" }
    case "Agent": {
      const { text, ...acp } = parsed.line
      return { _tag: acp.kind === "plan" ? "StatusReported" : "OutputWritten", ...at, text, acp }
    }
    case "Output":
      return { _tag: "OutputWritten", ...at, text: parsed.text, ...(line.partial ? { partial: true } : {}) }
  }
}

/**
 * The numbered events of a run's output, from its first byte and without secrets. An agent may print hundreds of thousands of lines, so the
 * events are plain objects that the types check, not made by their schemas, and a chunk of bytes is one element of the
 * stream until its lines are events.
 */
export const logEvents = <E>(
  run: RunId,
  output: Stream.Stream<Uint8Array, E>,
  { events: withoutSecrets }: Pick<OutputRedaction.OutputRedaction, "events">
): Stream.Stream<LogEvent, E> =>
  output.pipe(
    Stream.map(Option.some),
    Stream.concat(Stream.make(Option.none<Uint8Array>())),
    // one stage for all: each costs every chunk a dozen of Effect's operations
    Stream.mapAccumEffect(
      { unfinished: OutputLines.start, count: 0, secrets: OutputRedaction.start },
      ({ count, secrets, unfinished }, chunk) => {
        const [rest, lines] = Option.match(chunk, {
          onNone: () => [OutputLines.start, OutputLines.finish(unfinished)] as const,
          onSome: (bytes) => OutputLines.push(unfinished, bytes)
        })
        const events = lines.map((line, index) => toEvent(run, line, count + index + 1))
        return Effect.map(withoutSecrets(secrets, events), ([secrets, events]) =>
          [
            { unfinished: rest, count: count + lines.length, secrets },
            Chunk.unsafeFromArray(events)
          ] as const)
      }
    ),
    Stream.flattenChunks
  )

/** A run has printed nothing for too long. */
export class RunSilent extends Schema.TaggedError<RunSilent>()("RunSilent", { millis: Schema.Number }) {
  override get message() {
    return `the agent printed nothing for ${describeDuration(this.millis)} and was ended (OPENTL_STALL_TIMEOUT)`
  }
}

/** Installing dependencies may print nothing to its end, and has a limit of its own, which is to be told first. */
const longestInstall = Duration.minutes(12)

const tellsWork = (event: LogEvent): boolean =>
  event._tag === "StatusReported" && event.text.startsWith("Running agent")

/**
 * Fails when nothing comes for longer than the limit while the next event is waited for: the time in which nobody wants
 * one, because the events cannot be stored, does not count. Until the agent is said to run, an install may take longer.
 */
export const endSilence = (limit: Option.Option<Duration.Duration>) =>
<E>(
  events: Stream.Stream<LogEvent, E>
): Stream.Stream<LogEvent, E | RunSilent> =>
  Option.match(limit, {
    onNone: () => events,
    onSome: (limit) =>
      Stream.unwrapScoped(Effect.map(Stream.toPull(events), (pull) => {
        let isAtWork = false
        const next = Effect.suspend(() =>
          Effect.timeoutFail(pull, {
            duration: isAtWork ? limit : Duration.sum(limit, longestInstall),
            onTimeout: (): Option.Option<E | RunSilent> =>
              Option.some(new RunSilent({ millis: Duration.toMillis(limit) }))
          })
        )
        return Stream.repeatEffectChunkOption(
          Effect.tap(next, (chunk) =>
            Effect.sync(() => {
              isAtWork ||= Chunk.some(chunk, tellsWork)
            }))
        )
      }))
  })
