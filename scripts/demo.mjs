// `npm run demo`: makes the clone ready, bundles the demo and runs it. Plain node, needs nothing installed.

import { spawn } from "node:child_process"
import { inRoot } from "./support/project.mjs"

/**
 * Runs a script to its end, and ends with it where it fails. Ctrl-C reaches the script from the terminal, and it has
 * something to end: so it is waited for. Other signals are passed on.
 */
const node = (args, env = {}) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: "inherit", env: { ...process.env, ...env } })
    const pass = (signal) => child.kill(signal)
    const wait = () => undefined
    process.on("SIGINT", wait).on("SIGTERM", pass).on("SIGHUP", pass)
    child.on("close", (code) => {
      process.off("SIGINT", wait).off("SIGTERM", pass).off("SIGHUP", pass)
      if (code !== 0) process.exit(code ?? 1)
      resolve()
    })
  })

const isReal = process.argv.includes("--real")
if (isReal && !process.env.ANTHROPIC_API_KEY && !process.env.OPENAI_API_KEY) {
  process.stderr.write("demo: --real needs ANTHROPIC_API_KEY or OPENAI_API_KEY\n")
  process.exit(2)
}
await node([inRoot("scripts/setup.mjs")])
await node([inRoot("dist/demo/main.mjs")], { OPENTL_DEMO_REAL: isReal ? "1" : "" })
