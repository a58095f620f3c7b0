/**
 * The connection to the program that starts others (`starter.ts`), which costs the server's one thread 4 to 6 ms less for each:
 * a tenth of what a session takes, and a quarter of fifty at once. It lives as long as its scope.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
// eslint-disable-next-line house/no-builtins -- Command has no channel of messages to a program
import { fork } from "node:child_process"
import type { OutputRead, SignalProgram, StartProgram } from "./StarterMessages.ts"

const about = { id: Schema.Int }

/** `FromStarter`, as the starter writes it. */
const FromStarter = Schema.Union(
  Schema.TaggedStruct("Ready", {}),
  Schema.TaggedStruct("NotStarted", {
    ...about,
    code: Schema.String,
    message: Schema.String,
    hasDirectory: Schema.Boolean
  }),
  Schema.TaggedStruct("Output", { ...about, bytes: Schema.Uint8ArrayFromSelf }),
  Schema.TaggedStruct("Ended", {
    ...about,
    code: Schema.NullOr(Schema.Int),
    signal: Schema.NullOr(Schema.String),
    output: Schema.Uint8ArrayFromSelf,
    stderr: Schema.Uint8ArrayFromSelf
  })
)
const isFromStarter = Schema.is(FromStarter)

/** What is told of a program; that the starter is gone, and with it whatever it was doing, if it is `Lost`. */
export type Told = Exclude<typeof FromStarter.Type, { readonly _tag: "Ready" }> | { readonly _tag: "Lost" }

export interface ProgramStarter {
  /** Whether it can start programs now: not while it starts itself, and never again after it was lost. */
  readonly isReady: () => boolean
  /** Starts a program, and passes on what is told of it. Returns its id. */
  readonly start: (program: Omit<StartProgram, "_tag" | "id">, onTold: (told: Told) => void) => number
  readonly send: (message: SignalProgram | OutputRead) => void
}

const connect = (file: string) => {
  const child = fork(file, [], {
    // it needs nothing of ours: what it starts is given everything
    env: {},
    execArgv: [],
    // a Ctrl-C is for the server
    detached: true,
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"]
  })
  const receivers = new Map<number, (told: Told) => void>()
  let lastId = 0
  let isReady = false

  /** Nobody is kept from ending by it, but by what it is doing. */
  const keepAlive = () => receivers.size > 0 ? child.channel?.ref() : child.channel?.unref()
  child.unref()
  keepAlive()

  const lose = () => {
    isReady = false
    const all = [...receivers.values()]
    receivers.clear()
    for (const receive of all) receive({ _tag: "Lost" })
  }
  // each message that cannot be sent is one
  child.on("error", lose)
  child.once("exit", lose)
  child.once("disconnect", lose)
  child.on("message", (message: unknown) => {
    if (!isFromStarter(message)) return
    if (message._tag === "Ready") {
      isReady = true
      return
    }
    const receive = receivers.get(message.id)
    if (message._tag !== "Output") {
      receivers.delete(message.id)
      keepAlive()
    }
    receive?.(message)
  })

  const starter: ProgramStarter = {
    isReady: () => isReady && child.connected,
    start: (program, onTold) => {
      const id = ++lastId
      receivers.set(id, onTold)
      keepAlive()
      child.send({ _tag: "Start", id, ...program } satisfies StartProgram)
      return id
    },
    send: (message) => void (child.connected && child.send(message))
  }
  return { starter, end: () => child.connected && child.disconnect() }
}

/** Starts the starter, a file that Node runs, and returns at once. */
export const make = (file: string): Effect.Effect<ProgramStarter, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.sync(() => connect(file)), ({ end }) => Effect.sync(end)).pipe(
    Effect.map(({ starter }) => starter)
  )
