// `npm run demo`: makes the clone ready, bundles the demo and runs it. Plain node, needs nothing installed.

import { spawnSync } from "node:child_process"
import { inRoot } from "./support/project.mjs"

const node = (args, env = {}) => {
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit", env: { ...process.env, ...env } })
  if (status !== 0) process.exit(status ?? 1)
}

const isReal = process.argv.includes("--real")
if (isReal && !process.env.ANTHROPIC_API_KEY && !process.env.OPENAI_API_KEY) {
  process.stderr.write("demo: --real needs ANTHROPIC_API_KEY or OPENAI_API_KEY\n")
  process.exit(2)
}
node([inRoot("scripts/setup.mjs")])
node([inRoot("dist/demo/main.mjs")], { OPENTL_DEMO_REAL: isReal ? "1" : "" })
