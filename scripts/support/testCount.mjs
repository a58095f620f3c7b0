// testCount.mjs REPORT EXIT_CODE: prints "PASSED FAILED" from vitest's JSON report, and on standard error which tests failed and why.
// A run that failed without a failed test (a file that does not load, something left behind, no report at all) counts as one failure.

import { existsSync } from "node:fs"
import { relative } from "node:path"
import { readJson, root } from "./project.mjs"

const [report, exitCode] = process.argv.slice(2)
const results = existsSync(report) ? readJson(report) : { testResults: [] }
const statuses = results.testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status))
const count = (status) => statuses.filter((found) => found === status).length
const unloaded = results.testResults
  .filter(({ assertionResults, status }) => status === "failed" && assertionResults.length === 0).length
const failed = count("failed") + unloaded

const firstLine = (text) => (text ?? "").split("\n")[0].slice(0, 300)
for (const { assertionResults, message, name, status } of results.testResults) {
  const file = relative(root, name)
  if (status === "failed" && assertionResults.length === 0) {
    process.stderr.write(`failed: ${file}: ${firstLine(message)}\n`)
  }
  for (const { failureMessages, fullName, status } of assertionResults) {
    if (status === "failed") {
      process.stderr.write(`failed: ${file}: ${fullName}\n  ${firstLine(failureMessages?.[0])}\n`)
    }
  }
}
process.stdout.write(`${count("passed")} ${failed === 0 && exitCode !== "0" ? 1 : failed}\n`)
