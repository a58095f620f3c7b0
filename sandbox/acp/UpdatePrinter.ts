/** Prints what an agent says and does, in the order in which it comes, and keeps what it answers to each prompt. */
import type { SessionUpdate } from "@agentclientprotocol/sdk"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Mailbox from "effect/Mailbox"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as AgentLines from "./AgentLines.ts"
import { Printer } from "./Printer.ts"

/** What an agent has said and done for a prompt. */
export interface Said {
  readonly answer: string
  readonly toolCalls: number
}

type Heard = Data.TaggedEnum<{
  Update: { readonly update: SessionUpdate }
  /** The agent has ended its turn. */
  End: { readonly said: Deferred.Deferred<Said> }
}>
const Heard = Data.taggedEnum<Heard>()

/** Tells about an agent that works in that directory. */
export const make = Effect.fn("UpdatePrinter.make")(function*(directory: string) {
  const printer = yield* Printer
  const heard = yield* Mailbox.make<Heard>()
  const told = yield* Ref.make(AgentLines.nothing(directory))

  const print = (tell: (told: AgentLines.Told) => ReturnType<typeof AgentLines.tell>) =>
    Ref.modify(told, (before) => {
      const [after, lines] = tell(before)
      return [lines, after]
    }).pipe(Effect.flatMap(Effect.forEach(printer.line, { discard: true })))

  const end = Effect.gen(function*() {
    yield* print(AgentLines.end)
    const { answer, tools } = yield* Ref.getAndSet(told, AgentLines.nothing(directory))
    return { answer: answer.trim(), toolCalls: HashMap.size(tools) }
  })

  return {
    /** Takes an update, to be printed in its turn. */
    hear: (update: SessionUpdate): void => {
      heard.unsafeOffer(Heard.Update({ update }))
    },
    /** Prints until it is closed. */
    run: Stream.runForEach(
      Mailbox.toStream(heard),
      Heard.$match({
        Update: ({ update }) => print((before) => AgentLines.tell(before, update)),
        End: ({ said }) => Effect.flatMap(end, (all) => Effect.asVoid(Deferred.succeed(said, all)))
      })
    ).pipe(Effect.zipRight(print(AgentLines.end))),
    /** The agent has ended its turn: waits until everything is printed. */
    settle: Effect.flatMap(
      Deferred.make<Said>(),
      (said) => Effect.zipRight(heard.offer(Heard.End({ said })), Deferred.await(said))
    ),
    /** Nothing more comes. */
    close: Effect.asVoid(heard.end)
  } as const
})
