import { fileURLToPath } from "node:url"
import { configDefaults, defineConfig } from "vitest/config"

/** `.ci/run` counts from it. */
const report = process.env["OPENTL_TEST_REPORT"]

const defaultExclude = configDefaults.exclude

export default defineConfig({
  resolve: { alias: { "better-sqlite3": fileURLToPath(new URL("scripts/support/sqlite.mjs", import.meta.url)) } },
  test: {
    // so that the alias holds in it
    server: { deps: { inline: ["@effect/sql-sqlite-node"] } },
    include: ["test/**/*.test.ts"],
    // they need an image with agents in it: npm run test:agents
    exclude: process.env["OPENTL_TEST_AGENTS"] === undefined
      ? [...defaultExclude, "test/sandbox/acp/Conformance*.test.ts"]
      : defaultExclude,
    environment: "node",
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    setupFiles: ["test/support/Equality.ts"],
    globalSetup: ["scripts/support/testRun.mjs"],
    // Processes rather than threads: better-sqlite3 is compiled code, and tests start and kill programs.
    pool: "forks",
    poolOptions: { forks: { maxForks: 2, minForks: 1 } },
    // No test waits for time to pass, so the clock of a busy machine decides nothing: this only ends one that hangs.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    teardownTimeout: 60_000,
    restoreMocks: true,
    unstubEnvs: true
  }
})
