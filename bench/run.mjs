// `npm run bench -- [case ...]`: measures the built program against what the same work costs without it.
//
//   --small           every case, tiny: it only shows that the cases work
//   --list            the cases and what each one measures
//   --json FILE       where the results go, else bench/results.json
//   --markdown        prints the last results as the table of docs/performance.md, and measures nothing
//   --profile DIR     the servers leave CPU profiles there, a directory a case
//   --set NAME=VALUE  a setting of every server, beside the cases' own

import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { availableParallelism, loadavg } from "node:os"
import { parseArgs } from "node:util"
import { setup } from "../scripts/setup.mjs"
import { inRoot, root } from "../scripts/support/project.mjs"
import { caseNames, loadCase } from "./support/cases.mjs"
import { makeContext, Skipped } from "./support/context.mjs"
import { markdown, table } from "./support/report.mjs"
import { makeScope } from "./support/scope.mjs"
import { evaluate } from "./support/statistics.mjs"

const say = (line) => process.stdout.write(`${line}\n`)

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    small: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
    json: { type: "string", default: inRoot("bench/results.json") },
    profile: { type: "string" },
    set: { type: "string", multiple: true, default: [] }
  }
})

const settings = Object.fromEntries(values.set.map((text) => text.split(/=(.*)/s).slice(0, 2)))

const commit = () => {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim()
  } catch {
    return "an unknown commit"
  }
}

/** The case under way, for a signal to end. */
let current

const onSignal = (signal) => {
  process.stderr.write(`bench: ${signal}: ending what was started\n`)
  Promise.resolve(current?.close()).then(() => process.exit(130))
}

/** Runs a case; what it could not do here is said in its result, what it found wrong makes it fail. */
const perform = async (name) => {
  const { measure } = await loadCase(name)
  const scope = current = makeScope()
  const [before, startedAt] = [loadavg()[0], performance.now()]
  const took = () => ({ seconds: (performance.now() - startedAt) / 1000, load: { before, after: loadavg()[0] } })
  try {
    const context = makeContext(name, scope, { small: values.small, profileDir: values.profile, settings })
    const rows = (await measure(context)).map(evaluate)
    return { name, ...took(), rows }
  } catch (error) {
    if (error instanceof Skipped) return { name, ...took(), skipped: error.message }
    return { name, ...took(), failed: error.message, stack: error.stack }
  } finally {
    await scope.close()
  }
}

const show = ({ failed, load, name, rows, seconds, skipped, stack }) => {
  say(`\n${name} (${seconds.toFixed(1)} s, load ${load.before.toFixed(2)} to ${load.after.toFixed(2)})`)
  if (skipped !== undefined) say(`  skipped: ${skipped}`)
  else if (failed !== undefined) say(`  FAILED: ${failed}\n${stack}`)
  else say(table(rows).replace(/^/gm, "  "))
}

const main = async () => {
  // `| head` ends what was started, too
  process.stdout.on("error", () => onSignal("nobody reads the results"))
  if (values.markdown) return say(markdown(JSON.parse(readFileSync(values.json, "utf8"))))
  if (values.list) {
    for (const name of caseNames) say(`${name.padEnd(12)}${(await loadCase(name)).title}`)
    return
  }
  const unknown = positionals.filter((name) => !caseNames.includes(name))
  if (unknown.length > 0) throw new Error(`there is no case ${unknown.join(", ")}: there are ${caseNames.join(", ")}`)
  await setup()
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal).on("SIGHUP", onSignal)
  const report = {
    date: new Date().toISOString(),
    commit: commit(),
    node: process.versions.node,
    cores: availableParallelism(),
    small: values.small,
    settings,
    cases: []
  }
  for (const name of caseNames.filter((name) => positionals.length === 0 || positionals.includes(name))) {
    const result = await perform(name)
    show(result)
    report.cases.push(result)
    // after each case, so that a run that is ended has what it measured
    writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
  }
  const failed = report.cases.filter(({ failed }) => failed !== undefined)
  if (failed.length > 0) say(`\nfailed: ${failed.map(({ name }) => name).join(", ")}`)
  process.exitCode = failed.length === 0 ? 0 : 1
}

main().catch((error) => {
  process.stderr.write(`bench: ${error.message}\n`)
  process.exitCode = 2
})
