/**
 * The status line at the bottom of a terminal, below everything printed. It is drawn on standard error, only if that is
 * a terminal; elsewhere nothing is drawn.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { age } from "../SessionLines.ts"
import { oneLine } from "./SafeText.ts"
import { Stdio } from "./Stdio.ts"
import { truncate } from "./TerminalText.ts"

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const
const eraseLine = "\r\x1b[2K"
const interval = Duration.millis(120)

/** Opens the line for the lifetime of the scope. */
export const make = Effect.gen(function*() {
  const stdio = yield* Stdio
  const startedAt = yield* Clock.currentTimeMillis
  const isAnimated = stdio.errIsTty && stdio.errStyle.colour
  let label = ""
  let isDrawn = false

  const erase = Effect.sync(() => {
    if (isDrawn) stdio.unsafeDraw(eraseLine)
    isDrawn = false
    stdio.setBottom(undefined)
  })

  const draw = Effect.gen(function*() {
    const elapsed = (yield* Clock.currentTimeMillis) - startedAt
    const columns = (yield* stdio.errColumns) ?? 80
    const frame = frames[Math.floor(elapsed / Duration.toMillis(interval)) % frames.length] ?? ""
    yield* Effect.sync(() => {
      if (label === "") return
      const text = truncate(`${frame} ${label} (${age(Duration.millis(elapsed))})`, columns - 1)
      const line = stdio.errStyle.dim(text)
      stdio.unsafeDraw(isDrawn ? eraseLine + line : line)
      isDrawn = true
      stdio.setBottom({ erase: () => eraseLine, draw: () => stdio.unsafeDraw(line) })
    })
  })

  if (isAnimated) {
    yield* Effect.addFinalizer(() => erase)
    yield* draw.pipe(Effect.repeat(Schedule.spaced(interval)), Effect.forkScoped)
  }

  return {
    /** Sets the text; an empty text hides the line. */
    say: (text: string) =>
      Effect.suspend(() => {
        label = oneLine(text)
        return !isAnimated ? Effect.void : label === "" ? erase : draw
      })
  }
})

export type LiveLine = Effect.Effect.Success<typeof make>
