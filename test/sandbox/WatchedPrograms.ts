import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { run } from "./Processes.ts"

/** Programs that write down that they are started, and git with what, for a round's environment. Those that git starts itself are not seen. */
export const watchedPrograms = Effect.fn("watchedPrograms")(function*(names: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-programs-" })
  const log = `${directory}/started`
  yield* fs.writeFileString(log, "")
  yield* Effect.forEach(names, (name) =>
    Effect.gen(function*() {
      const program = (yield* run("bash", ["-c", `type -P ${name}`])).output.trimEnd()
      yield* fs.writeFileString(
        `${directory}/${name}`,
        `#!/bin/sh\necho ${name === "git" ? `git "$@"` : name} >>'${log}'\nexec '${program}' "$@"\n`
      )
      yield* fs.chmod(`${directory}/${name}`, 0o755)
    }), { discard: true })

  const linesOf = (file: string) =>
    Effect.map(fs.readFileString(file), (text) => text.split("\n").filter((line) => line !== ""))

  return {
    env: { PATH: `${directory}:${yield* Config.string("PATH")}` },
    /** For the agent's command line: from here on they count. */
    begin: `: >'${log}'`,
    /** For the agent's command line: keeps what was started before it. */
    keep: `mapfile -t started <'${log}'; printf '%s\\n' "\${started[@]}" >'${log}.before'`,
    started: linesOf(log),
    startedBefore: linesOf(`${log}.before`)
  }
})

/** What git is asked: the name of each command, without where and how it runs. */
export const questions = (started: ReadonlyArray<string>): ReadonlyArray<string> =>
  started.flatMap((line) => line.startsWith("git ") ? line.replaceAll(/-[Cc] \S+ /g, "").split(" ")[1] ?? [] : [])
