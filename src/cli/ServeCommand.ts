/** `opentl serve`: runs the server until a signal ends it. */
import * as Command from "@effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import { ExitCode, InterruptedCode } from "./Failure.ts"
import { Program, type Serving, type ServingBot } from "./Program.ts"
import { oneLine } from "./terminal/SafeText.ts"
import { Stdio } from "./terminal/Stdio.ts"

const counted = (count: number, one: string, many: string) =>
  count === 0 ? [] : [`${count} ${count === 1 ? one : many}`]

/** Who may use a bot. */
const audience = ({ channels, people, platform }: ServingBot): string => {
  const named = [...counted(people, "person", "people"), ...counted(channels, "channel", "channels")]
  if (named.length > 0) return `for ${named.join(" in ")}`
  return platform === "slack"
    ? "open to everyone in the workspace (restrict it with SLACK_ALLOWED_USERS or SLACK_ALLOWED_CHANNELS)"
    : "open to nobody yet (allow people with TELEGRAM_ALLOWED_USERS)"
}

/** What the operator needs to know at the start. It names where the token is, never the token. */
export const announcement = ({ bots, dataDir, sandbox, token, url }: Serving): string => {
  const lines: ReadonlyArray<readonly [string, string]> = [
    ["data", dataDir],
    ["token", token],
    ["sandbox", sandbox],
    ...(bots.length === 0 ? [["bots", "none"] as const] : bots.map((bot) => [bot.platform, audience(bot)] as const))
  ]
  return [`opentl serves ${url}`, ...lines.map(([what, text]) => `  ${what.padEnd(8)} ${oneLine(text)}`), ""].join("\n")
}

/** What has not stopped by then is left to the end of the process: the server exits within ten seconds of a signal. */
const timeToLetGo = Duration.seconds(9)

/** Closes the scope, but waits no longer than `timeToLetGo`. */
const closeInTime = (scope: Scope.CloseableScope, exit: Exit.Exit<unknown, unknown>) =>
  Scope.close(scope, exit).pipe(
    Effect.disconnect,
    // inside the timeout, because this fiber is itself interrupted by now and would leave an interruptible region at
    // once
    Effect.interruptible,
    Effect.timeoutOption(timeToLetGo),
    Effect.flatMap(Option.match({
      onSome: () => Effect.void,
      onNone: () => Effect.logWarning(`not everything had stopped after ${Duration.format(timeToLetGo)}`)
    }))
  )

export const serveCommand = Command.make("serve", {}, () =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const program = yield* Program
    yield* Ref.set(yield* InterruptedCode, ExitCode.ok)
    yield* Effect.acquireUseRelease(
      Scope.make(),
      (scope) =>
        program.serve.pipe(
          Scope.extend(scope),
          Effect.flatMap((serving) => stdio.out(announcement(serving))),
          // a server keeps running when nobody reads its standard output
          Effect.catchTag("OutputClosed", () => Effect.void),
          Effect.zipRight(Effect.never)
        ),
      closeInTime
    )
  })).pipe(
    Command.withDescription("Run the server: HTTP API, event streams, chat bots")
  )
