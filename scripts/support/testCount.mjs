// testCount.mjs REPORT EXIT_CODE: prints "PASSED FAILED" from vitest's JSON report. A run that failed without a failed test (a file
// that does not load, something left behind, no report at all) counts as one failure.

import { existsSync } from "node:fs"
import { readJson } from "./project.mjs"

const [report, exitCode] = process.argv.slice(2)
const results = existsSync(report) ? readJson(report) : { testResults: [] }
const statuses = results.testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status))
const count = (status) => statuses.filter((found) => found === status).length
const unloaded = results.testResults
  .filter(({ assertionResults, status }) => status === "failed" && assertionResults.length === 0).length
const failed = count("failed") + unloaded
process.stdout.write(`${count("passed")} ${failed === 0 && exitCode !== "0" ? 1 : failed}\n`)
