// Everything about the sources that a machine can check without running them. All steps run; one that fails fails the whole.

import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { relative } from "node:path"
import { setup } from "./setup.mjs"
import { installations, namedScripts } from "./support/facts.mjs"
import { inRoot, readJson, root } from "./support/project.mjs"

/** Runs a program of an installed package and keeps what it prints. */
const run = (script, ...args) =>
  new Promise((resolve) => {
    const env = { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }) }
    const child = spawn(process.execPath, [inRoot("node_modules", script), ...args], { cwd: root, env })
    const stdout = []
    const stderr = []
    child.stdout.on("data", (chunk) => stdout.push(chunk))
    child.stderr.on("data", (chunk) => stderr.push(chunk))
    child.on("close", (code) =>
      resolve({
        code,
        stdout: Buffer.concat(stdout).toString("utf8").trimEnd(),
        stderr: Buffer.concat(stderr).toString("utf8").trimEnd()
      }))
  })

/** A step answers what is wrong: one string a problem (or a program's whole report), none when all is well. */
const program = (script, ...args) => async () => {
  const { code, stderr, stdout } = await run(script, ...args)
  return code === 0 ? [] : [[stdout, stderr].filter((text) => text !== "").join("\n")]
}

/** A line a problem; a file's format is one problem, and `npm run format` mends it. */
const lint = async () => {
  const { code, stderr, stdout } = await run("eslint/bin/eslint.js", "--format", "json", ".")
  if (code !== 0 && code !== 1) return [`eslint ended with ${code}:\n${stdout}\n${stderr}`]
  const found = JSON.parse(stdout).flatMap(({ filePath, messages }) =>
    messages.map((message) => ({ ...message, file: relative(root, filePath) }))
  )
  const isFormat = ({ ruleId }) => ruleId === "@effect/dprint"
  const unformatted = [...new Set(found.filter(isFormat).map(({ file }) => file))]
  return [
    ...found.filter((message) => !isFormat(message)).map(({ column, file, line, message, ruleId }) =>
      `${file}:${line}:${column} ${ruleId ?? "eslint"}: ${message}`
    ),
    ...(unformatted.length === 0 ? [] : [`not formatted (npm run format): ${unformatted.join(", ")}`])
  ]
}

/** Errors count everywhere, warnings outside the tests (see the severities in tsconfig.json). */
const effectDiagnostics = async () => {
  const args = ["diagnostics", "--project", inRoot("tsconfig.json"), "--format", "json"]
  const { code, stderr, stdout } = await run("@effect/language-service/cli.js", ...args)
  try {
    return JSON.parse(stdout).diagnostics
      .map((found) => ({ ...found, file: relative(root, found.file) }))
      .filter(({ file, severity }) => severity === "error" || (severity === "warning" && !file.startsWith("test/")))
      .map(({ column, file, line, message, name }) => `${file}:${line}:${column} ${name}: ${message.split("\n")[0]}`)
  } catch {
    return [`effect-language-service ended with ${code}:\n${stdout}\n${stderr}`]
  }
}

const oneEffect = () => {
  const found = installations("effect")
  const wanted = readJson(inRoot("package.json")).dependencies.effect
  if (found.length === 1 && found[0].version === wanted) return []
  return [
    `wanted effect ${wanted} once, found ${
      found.map(({ path, version }) => `${version} in ${path}`).join(", ") || "none"
    }`
  ]
}

const readmeCommands = () => {
  const scripts = readJson(inRoot("package.json")).scripts
  return namedScripts(readFileSync(inRoot("README.md"), "utf8"))
    .filter((name) => !Object.hasOwn(scripts, name))
    .map((name) => `README.md says "npm run ${name}", which does not exist`)
}

const steps = {
  "types": program("typescript/bin/tsc", "--noEmit", "--pretty", String(process.stdout.isTTY === true)),
  "effect diagnostics": effectDiagnostics,
  "lint and format": lint,
  "one version of effect": oneEffect,
  "README's commands exist": readmeCommands
}

const perform = async (name, step) => {
  const startedAt = performance.now()
  const problems = await Promise.resolve().then(step).catch((error) => [error.stack])
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  process.stdout.write(`${problems.length === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)\n`)
  for (const problem of problems) process.stdout.write(`${problem.replace(/^/gm, "     ")}\n`)
  return problems.length === 0
}

await setup({ build: false })
const results = await Promise.all(Object.entries(steps).map(([name, step]) => perform(name, step)))
const failed = results.filter((ok) => !ok).length
process.stdout.write(failed === 0 ? "check: all well\n" : `check: ${failed} of ${results.length} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
