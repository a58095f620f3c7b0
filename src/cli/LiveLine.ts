/**
 * The one line at the bottom of a terminal that says what goes on now, below what has been printed. On standard error,
 * and only where that is a terminal; elsewhere printing is all there is.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import { age } from "./Render.ts"
import { Stdio } from "./Stdio.ts"
import { oneLine, truncate } from "./TerminalText.ts"

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const
const eraseLine = "\r\x1b[2K"
const interval = Duration.millis(120)

/** Opens the line for as long as the scope. */
export const make = Effect.gen(function*() {
  const stdio = yield* Stdio
  const startedAt = yield* Clock.currentTimeMillis
  const label = yield* Ref.make("")
  const lane = yield* Effect.makeSemaphore(1)
  const animated = stdio.errIsTty && stdio.errStyle.colour

  const draw = Effect.gen(function*() {
    const text = yield* Ref.get(label)
    if (text === "") return
    const elapsed = (yield* Clock.currentTimeMillis) - startedAt
    const columns = (yield* stdio.columns) ?? 80
    const frame = frames[Math.floor(elapsed / Duration.toMillis(interval)) % frames.length] ?? ""
    const line = truncate(`${frame} ${text} (${age(Duration.millis(elapsed))})`, columns - 1)
    yield* stdio.err(eraseLine + stdio.errStyle.dim(line))
  })
  const erase = Effect.flatMap(Ref.get(label), (text) => text === "" ? Effect.void : stdio.err(eraseLine))

  if (animated) {
    yield* Effect.addFinalizer(() => lane.withPermits(1)(erase))
    yield* lane.withPermits(1)(draw).pipe(Effect.repeat(Schedule.spaced(interval)), Effect.forkScoped)
  }

  return {
    /** Prints to standard output above the line. */
    print: (text: string) =>
      animated
        ? lane.withPermits(1)(erase.pipe(Effect.zipRight(stdio.out(text)), Effect.zipRight(draw)))
        : stdio.out(text),
    /** Says what goes on from now; an empty text hides the line. */
    say: (text: string) =>
      animated ? lane.withPermits(1)(erase.pipe(Effect.zipRight(Ref.set(label, oneLine(text))))) : Effect.void
  }
})

export type LiveLine = Effect.Effect.Success<typeof make>
