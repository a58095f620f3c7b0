/**
 * Runs the repository's checks on a committed tree. The entrypoint starts it in the repository, in a sandbox that no agent
 * was in. What it found is written when every command has ended, and everything that they started.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type CheckReport, CheckReportJson, CheckRequestJson } from "../../src/domain/CheckRun.ts"
import * as NodePlatform from "../NodePlatform.ts"
import * as Checks from "./Checks.ts"

/** Of the sandbox, and no matter of the repository's commands. */
const ours = /^OPENTL_|^(?:ANTHROPIC|OPENAI|GEMINI|GOOGLE_GEMINI)_(?:API_KEY|BASE_URL)$/

const environment = {
  ...Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || ours.test(name) ? [] : [[name, value]]
    )
  ),
  // runners watch the files and colour their output where they take a person to be there
  CI: "true",
  // a script that is gone must not count as one that passes
  npm_config_if_present: "false",
  NO_COLOR: "1",
  FORCE_COLOR: "0"
}

const program = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* Config.nonEmptyString("PWD")
  const out = yield* Config.nonEmptyString("OPENTL_CHECKS_OUT")
  const request = yield* Config.nonEmptyString("OPENTL_CHECKS").pipe(
    Effect.flatMap(fs.readFileString),
    Effect.flatMap(Schema.decode(CheckRequestJson))
  )
  const installs = yield* Checks.failedInstalls(`${out}/installs`, `${out}/install.log`)
  const isAlone = yield* Config.withDefault(Config.boolean("OPENTL_OWN_PROCESSES"), false)
  const write = Effect.fnUntraced(function*(report: CheckReport) {
    const text = yield* Schema.encode(CheckReportJson)(report)
    // what the commands may have made of it
    yield* fs.remove(`${out}/checks.json`, { recursive: true, force: true })
    yield* fs.writeFileString(`${out}/checks.json.new`, text)
    yield* fs.rename(`${out}/checks.json.new`, `${out}/checks.json`)
  })
  const commands = yield* Checks.runAll(
    request,
    { directory, environment, isAlone },
    // read if the sandbox is ended over a limit; on a full disk the checks go on without it
    (ends) => Effect.ignore(write({ installs, commands: ends, running: ends.length }))
  )
  yield* write({ installs, commands })
})

program.pipe(Effect.provide(NodePlatform.layer), NodeRuntime.runMain)
