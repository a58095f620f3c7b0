/** `opentl serve`: the server, until a signal ends it. */
import * as Command from "@effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import { ExitCode, InterruptedCode } from "./Failure.ts"
import { Program, type Serving } from "./Program.ts"
import { Stdio } from "./Stdio.ts"

/** One line for the log of whatever runs the server. It names where the token is, never the token. */
const announcement = ({ bots, dataDir, sandbox, token, url }: Serving): string =>
  `opentl serves ${url} (data: ${dataDir}, sandbox: ${sandbox}, token: ${token}, ` +
  `bots: ${bots.length === 0 ? "none" : bots.join(", ")})\n`

/** What has not let go by then is left to the end of the process: a signal is answered within ten seconds. */
const patience = Duration.seconds(9)

/** Closes the scope, but waits for it no longer than that. */
const closeInTime = (scope: Scope.CloseableScope, exit: Exit.Exit<unknown, unknown>) =>
  Scope.close(scope, exit).pipe(
    Effect.disconnect,
    // inside the timeout: by now this fiber is interrupted itself, and would leave an interruptible region at once
    Effect.interruptible,
    Effect.timeoutOption(patience),
    Effect.flatMap(Option.match({
      onSome: () => Effect.void,
      onNone: () => Effect.logWarning(`not everything had stopped after ${Duration.format(patience)}`)
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
          // a server goes on when nobody reads its standard output
          Effect.catchTag("OutputClosed", () => Effect.void),
          Effect.zipRight(Effect.never)
        ),
      closeInTime
    )
  })).pipe(
    Command.withDescription("Run the server: HTTP API, event streams, chat bots")
  )
