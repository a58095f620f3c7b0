/** Runs the whole command line in this process: real parsing and printing, doubles behind it. */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PassThrough, Writable } from "node:stream"
import { Sessions } from "../../src/actors/sessions/Sessions.ts"
import { commands } from "../../src/cli/AllCommands.ts"
import { type Process, program } from "../../src/cli/Cli.ts"
import type { Parts } from "../../src/cli/Connect.ts"
import { branchOf, SessionId } from "../../src/domain/Ids.ts"
import { Session } from "../../src/domain/Session.ts"

export type SessionsShape = Context.Tag.Service<Sessions>

/** A partial double of the facade; what is not given dies. */
export const sessionsDouble = (members: Partial<SessionsShape>): Effect.Effect<SessionsShape> =>
  Effect.scoped(Effect.map(Layer.build(Layer.mock(Sessions, members)), Context.get(Sessions)))

export class Captured extends Writable {
  readonly chunks: Array<string> = []
  readonly isTTY: boolean
  readonly columns: number
  constructor(isTTY: boolean, columns: number) {
    super()
    this.isTTY = isTTY
    this.columns = columns
  }
  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.chunks.push(chunk.toString("utf8"))
    done()
  }
  get text(): string {
    return this.chunks.join("")
  }
}

export interface Setting {
  readonly sessions?: Partial<SessionsShape>
  readonly parts?: Partial<Parts>
  readonly environment?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly tty?: boolean
  readonly columns?: number
  readonly stdout?: Captured
}

export interface Ended {
  readonly code: number | string | null | undefined
  readonly out: string
  readonly err: string
}

class FakeInput extends PassThrough {
  isTTY = false
}

/** A process that has nothing to do with this one. */
export const makeProcess = (args: ReadonlyArray<string>, setting: Setting) => {
  const stdin = new FakeInput()
  stdin.isTTY = setting.tty === true
  if (setting.stdin !== undefined) stdin.end(setting.stdin)
  const columns = setting.columns ?? 100
  const stdout = setting.stdout ?? new Captured(setting.tty === true, columns)
  const stderr = new Captured(setting.tty === true, columns)
  const process: Process = {
    argv: ["node", "opentl", ...args],
    stdin,
    stdout,
    stderr,
    on: () => undefined,
    off: () => undefined
  }
  return { process, stdin, stdout, stderr }
}

const unexpected = (what: string) => Effect.dieMessage(`${what} was not expected`)

export const partsDouble = (setting: Setting): Parts => ({
  client: () => sessionsDouble(setting.sessions ?? {}),
  agents: () => unexpected("a list of agents"),
  embedded: () => sessionsDouble(setting.sessions ?? {}),
  reads: () =>
    Effect.map(sessionsDouble(setting.sessions ?? {}), (sessions) => ({ sessions, owner: Effect.succeedNone })),
  serve: unexpected("serving"),
  ...setting.parts
})

/** The environment that a command line sees, and nothing else of this machine's. */
export const withEnvironment = (environment: Readonly<Record<string, string>> = {}) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(
    new Map(Object.entries({
      OPENTL_SERVER: "http://server.test",
      OPENTL_DATA_DIR: "/nonexistent/opentl",
      USER: "ada",
      ...environment
    }))
  ))

/** No server answers there, and none is named. */
export const alone = { OPENTL_SERVER: "", OPENTL_ADDR: "127.0.0.1:1" }

export const runCli = (args: ReadonlyArray<string>, setting: Setting = {}): Effect.Effect<Ended> => {
  const { process, stderr, stdout } = makeProcess(args, setting)
  return program(process, partsDouble(setting), commands).pipe(
    withEnvironment(setting.environment),
    Effect.exit,
    Effect.map(() => ({ code: process.exitCode, out: stdout.text, err: stderr.text }))
  )
}

// ---------------------------------------------------------------------------------------------------------------------
// Material
// ---------------------------------------------------------------------------------------------------------------------

export const pullRequestUrl = "https://github.com/acme/widgets/pull/7"
export const sessionId = SessionId.make("0123456789ab")
/** TestClock begins here. */
export const epoch = DateTime.unsafeMake(0)

export const session = (fields: Partial<ConstructorParameters<typeof Session>[0]> = {}): Session =>
  new Session({
    id: sessionId,
    repo: "acme/widgets",
    prompt: "Fix the flaky test",
    status: "running",
    phase: "coding",
    branch: branchOf(sessionId),
    base: "main",
    agent: "opentl",
    model: null,
    turn: 1,
    reviewRounds: 0,
    usage: { inputTokens: 1200, outputTokens: 340, costUsd: 0.0123 },
    requestedBy: { name: "ada", via: "cli" },
    createdAt: epoch,
    updatedAt: epoch,
    lastEventId: 0,
    ...fields
  })
