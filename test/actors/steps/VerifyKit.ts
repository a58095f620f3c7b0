/** Sandboxes of checks whose reports a test writes. */
import * as Schema from "effect/Schema"
import { type CheckReport, CheckReportJson, CheckRequestJson } from "../../../src/domain/CheckRun.ts"
import type { RunId, RunSpec } from "../../../src/services/sandbox/Sandbox.ts"
import type { RunScript } from "../../fakes/FakeSandbox.ts"
import type { World } from "../../support/TestApp.ts"

const encode = Schema.encodeSync(CheckReportJson)
const decode = Schema.decodeSync(CheckRequestJson)

/** A repository with the scripts `lint` and `test`. */
export const scripts = new Map([["package.json", `{"scripts":{"lint":"lint .","test":"test ."}}`]])

export const lint = "npm run lint"
export const test = "npm run test"

/** The commands that a sandbox of checks was asked to run. */
export const askedOf = ({ inputs }: RunSpec): ReadonlyArray<string> => {
  const file = inputs.find(({ path }) => path === "in/checks.json")
  return file?.content._tag === "Text" ? decode(file.content.text).commands.map(({ run }) => run) : []
}

/** The commands that failed, by their exit codes; undefined for one that was ended for its time. */
export type Failing = Readonly<Record<string, number | undefined>>

export const reportOf = (
  commands: ReadonlyArray<string>,
  failing: Failing,
  installs: CheckReport["installs"] = []
): string =>
  encode({
    installs,
    commands: commands.map((run) => {
      const exitCode = run in failing ? failing[run] : 0
      return { ...(exitCode === undefined ? {} : { exitCode }), seconds: 2, tail: `output of ${run}\n` }
    })
  })

/** Lets the checks of each run end as `failing` says; the agents' runs go on as they were. */
export const scriptChecks = (
  world: World,
  failing: (run: RunId) => Failing,
  installs: (run: RunId) => CheckReport["installs"] = () => []
) => {
  world.remote.files = scripts
  const agents = world.engine.script
  world.engine.script = (run): RunScript => {
    if (run.checks === undefined) return agents(run)
    const spec = world.engine.specs.at(-1)
    return { exitCode: 0, report: reportOf(spec === undefined ? [] : askedOf(spec), failing(run), installs(run)) }
  }
}
