// Runs the conformance of public agents (`test/sandbox/acp/Conformance.test.ts`) in real Docker:
//
//   npm run test:agents -- claude-code codex     (all of them: npm run test:agents -- all)
//
// Builds the program and an image with these agents, from OPENTL_TEST_BASE_IMAGE or the first base that the engine has.

import { spawnSync } from "node:child_process"
import { hasImage, removeImage, testBases } from "./support/engine.mjs"
import { inRoot } from "./support/project.mjs"

const agents = process.argv.slice(2)
const image = "opentl-agents-test"

const run = (command, args, environment = {}) => {
  const { status } = spawnSync(command, args, {
    stdio: "inherit",
    cwd: inRoot("."),
    env: { ...process.env, ...environment }
  })
  return status ?? 1
}

const baseOf = async () => {
  for (const base of testBases()) {
    if (await hasImage(base)) return base
  }
  return undefined
}

if (agents.length === 0) {
  process.stderr.write("usage: npm run test:agents -- <agent>… (opentl agents lists them)\n")
  process.exit(64)
}

const base = await baseOf()
const code = run("node", ["scripts/build.mjs", "--program"]) || run(
  "node",
  [
    "dist/bin/main.js",
    "sandbox",
    "build",
    "--agents",
    agents.join(","),
    ...(base === undefined ? [] : ["--base", base])
  ],
  { OPENTL_DOCKER_IMAGE: image }
) || run("npx", ["vitest", "run", "test/sandbox/acp/Conformance.test.ts"], {
  OPENTL_TEST_AGENTS: agents.includes("all") ? "claude-code,codex,opencode,pi,goose,qwen" : agents.join(","),
  OPENTL_TEST_AGENTS_IMAGE: image
})
await removeImage(image)
process.exit(code)
