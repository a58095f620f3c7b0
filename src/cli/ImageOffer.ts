/** Offers to build a missing sandbox image, to a person at a terminal, before the session costs anything. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Detached } from "./Failure.ts"
import { StartFailed } from "./Program.ts"
import type { Entered } from "./terminal/LineEditor.ts"
import { neutralise, oneLine } from "./terminal/SafeText.ts"
import { Stdio } from "./terminal/Stdio.ts"

/** Loaded lazily: the engine's client takes longer to load than most commands take to run. */
const missing = (agent: Option.Option<string>) =>
  Effect.flatMap(Effect.promise(() => import("./ImageSetup.ts")), (module) => module.missing(agent))

type Answer = "yes" | "no" | "gone"

/** Enter alone means yes; undefined for anything but yes or no. */
const readAnswer = (entered: Entered): Answer | undefined => {
  if (entered._tag !== "Line") return "gone"
  const word = entered.text.trim().toLowerCase()
  return word === "" || "yes".startsWith(word) ? "yes" : "no".startsWith(word) ? "no" : undefined
}

const confirm = (question: string) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const editor = yield* stdio.editor
    return yield* Effect.map(editor.ask(stdio.errStyle.bold(question)), readAnswer).pipe(
      Effect.repeat({ until: (answer): answer is Answer => answer !== undefined })
    )
  }).pipe(Effect.scoped)

interface Missing {
  readonly image: string
  readonly command: string
  readonly lines: Stream.Stream<string, { readonly message: string }>
}

const build = ({ command, image, lines }: Missing) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    yield* Stream.runForEach(lines, (line) => stdio.err(`${neutralise(line, stdio.errStyle.colour)}\n`))
    yield* stdio.err(`built ${image}\n`)
  }).pipe(
    Effect.mapError((error) =>
      new StartFailed({
        reason: `${oneLine(error.message)} (to build on an image that you already have: ${
          command.replace(/ --base .*$/, "")
        } --base <image>)`
      })
    )
  )

/**
 * Runs before a session starts on this machine, with the agent that was named. If nobody can be asked, the session itself reports
 * what is missing.
 */
export const offerImage = Effect.fnUntraced(function*(agent: Option.Option<string>) {
  const stdio = yield* Stdio
  if (!stdio.inIsTty || !stdio.errIsTty) return
  const found = yield* Effect.orElseSucceed(missing(agent), () => Option.none())
  if (Option.isNone(found)) return
  const { command, offer, says, what } = found.value
  yield* stdio.err([offer, ...says, ""].join("\n"))
  switch (yield* confirm("Build it now? This takes a few minutes. [Y/n]: ")) {
    case "yes":
      return yield* build(found.value)
    case "no":
      return yield* new StartFailed({
        reason: `${what}: build it with ${command}, or set OPENTL_SANDBOX=local to do without Docker`
      })
    default:
      return yield* new Detached()
  }
}, Effect.scoped)
