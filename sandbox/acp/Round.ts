/** One round of an agent: started, its session found again or opened, asked, listened to, and judged. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { fill } from "../../src/domain/AgentLaunch.ts"
import { AcpConfig } from "./AcpConfig.ts"
import { AgentStarter, answer, type Connection } from "./Connection.ts"
import * as Memory from "./Memory.ts"
import * as Messages from "./Messages.ts"
import { Printer } from "./Printer.ts"
import * as Sessions from "./Sessions.ts"
import * as UpdatePrinter from "./UpdatePrinter.ts"
import * as Verdict from "./Verdict.ts"

/** The agent ended the round, but did not do its work. */
export class RoundFailed extends Schema.TaggedError<RoundFailed>()("RoundFailed", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** How long an agent that was asked to stop may take, before it is killed. */
const stopTime = "3 seconds"
/** How long after a broken connection the process's end is waited for. */
const endTime = "300 millis"

const interrupted =
  "Your last work here was interrupted before you had finished it. Some of it may be done: look before you go on.\n\n"

/** The prompt for an agent, with what it cannot know. */
const promptOf = (prompt: string, memory: Option.Option<Memory.Memory>, isContinued: boolean): string => {
  if (Option.isNone(memory)) return prompt
  const before = memory.value.isWorking ? interrupted : ""
  const told = isContinued ? "" : Memory.retell(memory.value)
  return before + (told === "" ? prompt : `${told}\n\n${prompt}`)
}

const writeFiles = Effect.fnUntraced(function*(
  home: string,
  files: ReadonlyArray<{ readonly path: string; readonly content: string }>
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* Effect.forEach(files, ({ content, path: name }) => {
    const file = path.join(home, name)
    return Effect.zipRight(
      fs.makeDirectory(path.dirname(file), { recursive: true }),
      fs.writeFileString(file, content)
    )
  }, { discard: true })
})

/** What an agent is asked: for the memory, and as it is put. */
interface Question {
  readonly asked: string
  readonly text: string
}

const PromptEnded = Schema.Struct({ stopReason: Schema.String })

/** How far a round has come: its answers so far, and what is kept of the conversation. */
interface Progress {
  readonly answers: ReadonlyArray<string>
  readonly kept: Memory.Memory
}

/** The agent failed by itself: its next work is not told that this was interrupted. */
const forgetWork = Effect.fnUntraced(function*(agent: string) {
  const memory = yield* Memory.load(agent)
  if (Option.isSome(memory)) yield* Memory.save({ ...memory.value, isWorking: false })
})

/** Runs a round in this process's environment. Its answer is in the answer file afterwards. */
export const run = Effect.fn("Round.run")(function*(environment: Readonly<Record<string, string>>) {
  const { answerFile, directory, home, lastMessage, launch, promptFile } = yield* AcpConfig
  const fs = yield* FileSystem.FileSystem
  const printer = yield* Printer
  const starter = yield* AgentStarter
  const filled = (text: string) => fill(text, (name) => environment[name])
  const asked = yield* fs.readFileString(promptFile)
  const memory = yield* Memory.load(launch.agent)
  yield* writeFiles(home, launch.files.map(({ content, path }) => ({ path, content: filled(content) })))

  const updates = yield* UpdatePrinter.make(directory)
  // continuing a session may tell all of it again
  let isLive = false
  const { connection, ended, lastUpdates, lastWords } = yield* starter.start(environment, (update) => {
    if (isLive) updates.hear(update)
  })

  /** Asks once, and keeps what is answered. */
  const exchange = Effect.fnUntraced(function*({ answers, kept }: Progress, { asked, text }: Question) {
    const { stopReason } = yield* ask(connection, kept.sessionId, text)
    yield* Effect.sleep(lastUpdates)
    const said = yield* updates.settle
    const after = {
      answers: said.answer === "" ? answers : [...answers, said.answer],
      kept: Memory.remember(kept, asked, said.answer)
    }
    yield* fs.writeFileString(answerFile, `${after.answers.join("\n\n")}\n`)
    yield* Memory.save(after.kept)
    const reason = Verdict.failure({ stopReason, ...said })
    return reason === undefined ? after : yield* new RoundFailed({ reason })
  })

  /** Asks, and goes on with the messages that have come each time that the agent has ended its turn. */
  const converse = Effect.fnUntraced(function*(kept: Memory.Memory, question: Question) {
    let progress = yield* exchange({ kept, answers: [] }, question)
    let messages = yield* Messages.waiting(Option.getOrUndefined(lastMessage))
    while (messages.length > 0) {
      const text = messages.map((message) => message.text).join("\n\n")
      const working = { ...progress, kept: { ...progress.kept, isWorking: true } }
      yield* Memory.save(working.kept)
      progress = yield* exchange(working, { asked: text, text })
      messages = yield* Messages.waiting(messages.at(-1)?.id)
    }
  })

  const work = Effect.gen(function*() {
    const ways = Sessions.waysOf(launch, yield* Sessions.initialize(connection))
    const before = Option.getOrUndefined(Option.map(memory, ({ sessionId }) => sessionId))
    const session = yield* Sessions.find(connection, ways, before, directory)
    const { isContinued, sessionId } = session
    if (isContinued) yield* printer.status(`${launch.agent} continues its conversation`)
    if (session.lost !== undefined) {
      yield* printer.status(`${launch.agent} begins a new conversation and is told what was done (${session.lost})`)
    }
    const kept: Memory.Memory = {
      ...Option.getOrElse(memory, () => ({ agent: launch.agent, exchanges: [] })),
      sessionId,
      isWorking: true
    }
    yield* Memory.save(kept)
    const { mode } = launch
    if (mode !== undefined) {
      // without it the agent asks, and is permitted
      yield* Effect.ignore(
        connection.request(
          "session/set_mode",
          (agent) => agent.request("session/set_mode", { sessionId, modeId: mode })
        )
      )
    }
    isLive = true
    const text = promptOf(asked, memory, isContinued)
    yield* converse(kept, { asked, text })
  }).pipe(
    // what was said before a failure is told, too: often it is the reason
    Effect.ensuring(updates.close),
    Effect.catchTag("RequestFailed", (error) =>
      Effect.gen(function*() {
        yield* Effect.ignore(forgetWork(launch.agent))
        // an agent that is still there has said itself what is wrong
        const end = yield* Effect.timeoutOption(ended, endTime)
        if (Option.isNone(end) || error.isGivenUp) return yield* new RoundFailed({ reason: error.reason })
        const words = yield* lastWords
        const reason = `it ended with ${end.value} during ${error.method}${words === "" ? "" : `: ${words}`}`
        return yield* new RoundFailed({ reason })
      }))
  )

  const [worked] = yield* Effect.all([Effect.either(work), updates.run], { concurrency: "unbounded" })
  yield* worked
}, Effect.scoped)

/**
 * Asks the agent, and waits for the end of its turn. An interruption asks it to stop, and waits a little: the question is no
 * child of this fiber, because an interruption reaches children at once.
 */
const ask = (connection: Connection, sessionId: string, text: string) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const prompt = yield* Effect.forkScoped(Effect.interruptible(connection.request("session/prompt", (agent) =>
        agent.request("session/prompt", { sessionId, prompt: [{ type: "text", text }] }))))
      return yield* restore(answer("session/prompt", PromptEnded)(prompt)).pipe(
        Effect.onInterrupt(() =>
          connection.notify((agent) =>
            agent.notify("session/cancel", { sessionId })
          ).pipe(
            Effect.andThen(Effect.timeoutOption(Effect.interruptible(prompt.await), stopTime))
          )
        )
      )
    }).pipe(Effect.scoped)
  )
