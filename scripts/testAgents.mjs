// Runs the conformance of public agents (`test/sandbox/acp/Conformance*.test.ts`) in real Docker:
//
//   npm run test:agents -- claude-code codex     (all of them: npm run test:agents -- all)
//   npm run test:agents -- opentl                (the built-in agent, which needs no registry)
//   npm run test:agents -- --basic codex         (without the faults of the model, a budget and a killed container)
//
// Builds the program and an image with these agents, from OPENTL_TEST_BASE_IMAGE or the first base that the engine has.

import { spawnSync } from "node:child_process"
import { hasImage, removeImage, testBases } from "./support/engine.mjs"
import { inRoot } from "./support/project.mjs"

const given = process.argv.slice(2)
const agents = given.filter((word) => word !== "--basic")
// the built-in one is in every image
const fromRegistry = agents.filter((name) => name !== "opentl")
const tests = given.includes("--basic") ? "test/sandbox/acp/Conformance.test.ts" : "test/sandbox/acp/Conformance"
const image = "opentl-agents-test"

// npm's own pauses before it says that a registry cannot be reached add up to minutes
const shortPauses = { npm_config_fetch_retry_mintimeout: "1000", npm_config_fetch_retry_maxtimeout: "5000" }

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
  process.stderr.write("usage: npm run test:agents -- [--basic] <agent>… (opentl agents lists them)\n")
  process.exit(64)
}

const step = (what, code) => {
  if (code !== 0) process.stderr.write(`test:agents: ${what} failed with exit code ${code}; what it said is above\n`)
  return code
}

const base = await baseOf()
const code = step("the program's build", run("node", ["scripts/build.mjs", "--program"])) ||
  step(
    "the image's build (its packages come from npm's registry)",
    run(
      "node",
      [
        "dist/bin/main.js",
        "sandbox",
        "build",
        ...(fromRegistry.length === 0 ? [] : ["--agents", fromRegistry.join(",")]),
        "--tools",
        "none",
        ...(base === undefined ? [] : ["--base", base])
      ],
      { OPENTL_DOCKER_IMAGE: image, ...shortPauses }
    )
  ) || run("npx", ["vitest", "run", tests], {
    OPENTL_TEST_AGENTS: agents.includes("all")
      ? "opentl,claude-code,codex,opencode,pi,goose,qwen,gemini"
      : agents.join(","),
    OPENTL_TEST_AGENTS_IMAGE: image
  })
await removeImage(image)
process.exit(code)
