/** An editor that starts the built program and speaks the Agent Client Protocol to it, by the protocol's own library. */
import {
  client,
  type ClientContext,
  type InitializeRequest,
  ndJsonStream,
  type SessionUpdate
} from "@agentclientprotocol/sdk"
import * as FileSystem from "@effect/platform/FileSystem"
import type { UnknownException } from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { spawn } from "node:child_process"
import { Readable, Writable } from "node:stream"
import { SandboxRuntime } from "../SandboxRuntime.ts"
import { type DialectName, type Scripted, serve } from "./ScriptedModel.ts"

export interface Editor {
  readonly args?: ReadonlyArray<string>
  readonly capabilities?: Record<string, unknown>
  /** What the person chooses when asked: an option's id. */
  readonly choice?: string
}

/** A directory, a home and a model; `open` starts the program as an editor does. */
export const world = Effect.fn("world")(function*(dialect: DialectName, script: ReadonlyArray<Scripted>) {
  const fs = yield* FileSystem.FileSystem
  const runtime = yield* SandboxRuntime
  const directory = yield* Effect.flatMap(fs.makeTempDirectoryScoped({ prefix: "opentl-editor-" }), fs.realPath)
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-editor-home-" })
  const api = yield* serve(dialect, script)
  const prefix = dialect.toUpperCase()

  const open = Effect.fn("open")(function*({ args = ["--free"], capabilities = {}, choice = "once" }: Editor = {}) {
    const updates: Array<SessionUpdate> = []
    const asked: Array<unknown> = []
    const ended = yield* Deferred.make<number | null>()
    const heard = yield* Deferred.make<void>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const child = spawn(process.execPath, [`${runtime.directory}/agent.mjs`, "--acp", ...args], {
          cwd: directory,
          env: {
            PATH: process.env["PATH"],
            HOME: home,
            OPENTL_AGENT_MODEL: "model-1",
            [`${prefix}_API_KEY`]: "the-key",
            [`${prefix}_BASE_URL`]: api.baseUrl
          },
          stdio: ["pipe", "pipe", "inherit"]
        })
        child.on("exit", (code) => Deferred.unsafeDone(ended, Exit.succeed(code)))
        return child
      }),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    const connection = client({ name: "test" })
      .onNotification("session/update", ({ params }) => {
        updates.push(params.update)
        const { update } = params
        if (update.sessionUpdate === "tool_call_update" && JSON.stringify(update).includes("I wait")) {
          Deferred.unsafeDone(heard, Exit.void)
        }
      })
      .onRequest("session/request_permission", ({ params }) => {
        asked.push(params.toolCall.title)
        return { outcome: { outcome: "selected", optionId: choice } }
      })
      .connect(ndJsonStream(Writable.toWeb(child.stdin), Readable.toWeb(child.stdout)))
    const ask = <A>(request: (agent: ClientContext) => Promise<A>): Effect.Effect<A, UnknownException> =>
      Effect.tryPromise(() => request(connection.agent))
    const hello: InitializeRequest = { protocolVersion: 1, clientCapabilities: capabilities }
    const initialized = yield* ask((agent) => agent.request("initialize", hello))
    return {
      initialized,
      updates,
      asked,
      /** A command has printed "I wait". */
      heard: Deferred.await(heard),
      /** Closes the program's input, and returns its exit code. */
      close: Effect.zipRight(Effect.sync(() => child.stdin.end()), Deferred.await(ended)),
      /** Opens a session. */
      begin: ask((agent) => agent.request("session/new", { cwd: directory, mcpServers: [] })),
      load: (sessionId: string) =>
        ask((agent) => agent.request("session/load", { sessionId, cwd: directory, mcpServers: [] })),
      resume: (sessionId: string) =>
        ask((agent) => agent.request("session/resume", { sessionId, cwd: directory, mcpServers: [] })),
      cancel: (sessionId: string) => ask((agent) => agent.notify("session/cancel", { sessionId })),
      prompt: (sessionId: string, text: string) =>
        ask((agent) => agent.request("session/prompt", { sessionId, prompt: [{ type: "text", text }] }))
    }
  })
  return { directory, open, requests: api.requests }
})
