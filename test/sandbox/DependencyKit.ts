/**
 * Sessions that verify what they did on dependencies from a registry of the test's own: the built program from outside, in
 * real Docker.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { VerificationReport } from "../../src/domain/Verification.ts"
import * as Registry from "../standins/registry/index.ts"
import { Docker } from "../support/Docker.ts"
import * as Git from "../support/Git.ts"
import * as Program from "../support/Program.ts"

const decode = Schema.decodeUnknown(VerificationReport)

/** The task of a session names what its agent runs. */
const agent = `command:sed -n 's/^RUN: //p' "$OPENTL_PROMPT_FILE" | bash -e`

/** A data directory, a registry and an empty repository of the test's own. */
export const makeHouse = Effect.fn("makeHouse")(function*(changes: Readonly<Record<string, string>> = {}) {
  const fs = yield* FileSystem.FileSystem
  const { host, image } = yield* Docker
  const registry = yield* Registry.make
  const repository = yield* Git.repository({ ".gitignore": "node_modules\n" })
  const environment = {
    OPENTL_DATA_DIR: yield* fs.makeTempDirectoryScoped({ prefix: "opentl-dependencies-" }),
    OPENTL_SANDBOX: "docker",
    OPENTL_DOCKER_IMAGE: image,
    DOCKER_HOST: host,
    OPENTL_LOCAL_REPOS: repository,
    OPENTL_SANDBOX_CA: registry.certificate,
    OPENTL_AGENT: agent,
    HTTPS_PROXY: registry.proxy,
    NO_PROXY: "",
    no_proxy: "",
    ...changes
  }
  yield* Program.tidy(environment)
  const entries = Effect.map(
    Effect.orElseSucceed(fs.readDirectory(`${environment.OPENTL_DATA_DIR}/dependencies`), () => []),
    (names) => names.sort()
  )

  /** A session whose agent runs a line, to its end. */
  const session = (server: Program.Server, line: string, more: object = {}) =>
    Effect.gen(function*() {
      yield* registry.asked
      const id = yield* server.create({ repo: repository, prompt: `Change it\n\nRUN: ${line}`, ...more })
      const told = [...yield* Stream.runCollect(server.events(id))].map(({ data }) => data)
      const { commands, outcome } = yield* Effect.flatMap(server.get(`/api/sessions/${id}/verify`), decode).pipe(
        Effect.tapError(() => Console.log(told.join("\n")))
      )
      return {
        id,
        told,
        outcome,
        /** The outcome of each check, and of each install that failed. */
        outcomes: commands.map(({ name, outcome }) => `${name} ${outcome}`),
        tails: commands.map(({ tail }) => tail),
        /** What the registry was asked for meanwhile. */
        asked: yield* registry.asked
      }
    }).pipe(Effect.orDie)

  return { entries, environment, fs, registry, repository, session }
})
