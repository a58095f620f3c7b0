/** Finds what this machine offers for local sandboxes: the best isolation that works, and the required programs. */
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { AppConfig } from "../../config/AppConfig.ts"
import { SandboxUnavailable } from "../Sandbox.ts"
import * as LocalIsolation from "./LocalIsolation.ts"

/** The first isolation under which a small program runs on this machine, in the workspaces' directory. */
export const findIsolation = Effect.fnUntraced(function*(
  candidates: ReadonlyArray<LocalIsolation.Isolation>,
  root: string,
  node: string,
  hostPath: string
) {
  const { limits } = yield* AppConfig
  const fs = yield* FileSystem.FileSystem
  const temporary = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-trial-" })
  const places = { workspace: root, runtime: root, gateway: root, temporary, node }
  const works = (isolation: LocalIsolation.Isolation) =>
    Command.make(...LocalIsolation.isolate(isolation, places, limits, ["sh", "-c", "true; true"])).pipe(
      Command.env({ PATH: LocalIsolation.searchPath(isolation, places.node, hostPath) }, { extendEnv: false }),
      Command.exitCode,
      Effect.map((code) => code === 0),
      // generous, so that a busy machine does not get a weaker isolation
      Effect.timeout("2 minutes"),
      Effect.orElseSucceed(() => false)
    )
  return Option.getOrElse(yield* Effect.findFirst(candidates, works), () => LocalIsolation.none)
}, Effect.scoped)

/** Checks for the programs that the wrapper and the entrypoint need. */
export const checkTools = (path: string) =>
  Command.make("setsid", "--wait", "bash", "-c", "command -v git").pipe(
    Command.env({ PATH: path }, { extendEnv: false }),
    Command.exitCode,
    Effect.map((code) => code === 0),
    Effect.orElseSucceed(() => false),
    Effect.filterOrFail(
      (found) => found,
      () =>
        new SandboxUnavailable({
          reason: "local sandboxes need setsid, bash and git",
          mend: "install util-linux, bash and git, or set OPENTL_SANDBOX=docker"
        })
    ),
    Effect.asVoid
  )
