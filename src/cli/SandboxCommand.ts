/** `opentl sandbox build`: the image that sandboxes are made of. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Parameters from "./Parameters.ts"
import { Stdio } from "./Stdio.ts"
import { neutralise } from "./TerminalText.ts"

/** Loaded when it is needed: the engine's client takes longer to load than the other commands take to run. */
const image = Effect.flatMap(Effect.promise(() => import("./SandboxBuild.ts")), (module) => module.image)

const buildCommand = Command.make(
  "build",
  {
    base: Parameters.text("base", "image", "the image to build on, where the default one is not to be had").pipe(
      Options.optional
    )
  },
  ({ base }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const sandboxImage = yield* image
      yield* Stream.runForEach(
        sandboxImage.build(Option.getOrUndefined(base)),
        (line) => stdio.err(`${neutralise(line, stdio.errStyle.colour)}\n`)
      )
      yield* stdio.out(`built ${sandboxImage.image}\n`)
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("Builds the sandbox image (OPENTL_DOCKER_IMAGE) from the installed package."))

export const sandboxCommand = Command.make("sandbox").pipe(
  Command.withDescription("What agents run in."),
  Command.withSubcommands([buildCommand])
)
