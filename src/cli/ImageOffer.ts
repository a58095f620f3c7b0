/** Offers to build a missing sandbox image, to a person at a terminal, before the session costs anything. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { SandboxImage } from "../services/sandbox/SandboxImage.ts"
import { Detached } from "./Failure.ts"
import { StartFailed } from "./Program.ts"
import type { Entered } from "./terminal/LineEditor.ts"
import { neutralise, oneLine } from "./terminal/SafeText.ts"
import { Stdio } from "./terminal/Stdio.ts"

/** Loaded lazily: the engine's client takes longer to load than most commands take to run. */
const missing = Effect.flatMap(Effect.promise(() => import("./ImageSetup.ts")), (module) => module.missing)

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

const build = (image: Context.Tag.Service<SandboxImage>) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    yield* Stream.runForEach(image.build(), (line) => stdio.err(`${neutralise(line, stdio.errStyle.colour)}\n`))
    yield* stdio.err(`built ${image.image}\n`)
  }).pipe(
    Effect.mapError((error) =>
      new StartFailed({
        reason: `${
          oneLine(error.message)
        } (to build on an image that you already have: opentl sandbox build --base <image>)`
      })
    )
  )

/** Runs before a session starts on this machine. If nobody can be asked, the session itself reports what is missing. */
export const offerImage = Effect.gen(function*() {
  const stdio = yield* Stdio
  if (!stdio.inIsTty || !stdio.errIsTty) return
  const found = yield* Effect.orElseSucceed(missing, () => Option.none())
  if (Option.isNone(found)) return
  const { image } = found.value
  yield* stdio.err(`sessions run in the image ${image}, which does not exist yet\n`)
  switch (yield* confirm("Build it now? This takes a few minutes. [Y/n]: ")) {
    case "yes":
      return yield* build(found.value)
    case "no":
      return yield* new StartFailed({
        reason:
          `the sandbox image ${image} is missing: build it with opentl sandbox build, or set OPENTL_SANDBOX=local to do without Docker`
      })
    default:
      return yield* new Detached()
  }
}).pipe(Effect.scoped)
