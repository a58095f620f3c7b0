/** npm, pnpm and yarn install from npm's registry, through the gateway: before the agent, and when the agent asks for more. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { installing, itInstalls } from "./InstallKit.ts"
import * as Locks from "./InstallLocks.ts"

/** Uses the package of the lock file, and one that the agent adds. */
const uses = "node -p '[require(`is-number`)(5), require(`is-odd`)(4)].join()' > uses.txt"

const managers = [
  ["npm", "registry.npmjs.org", Locks.npm, "npm ci", "npm install is-odd@3.0.1"],
  ["pnpm", "registry.npmjs.org", Locks.pnpm, "pnpm install --frozen-lockfile", "pnpm add is-odd@3.0.1"],
  ["yarn 1", "registry.yarnpkg.com", Locks.yarn1, "yarn install --frozen-lockfile", "yarn add is-odd@3.0.1"],
  ["yarn 4", "registry.npmjs.org", Locks.yarn4, "yarn install --immutable", "yarn add is-odd@3.0.1"]
] as const

describe("packages of Node", () => {
  for (const [name, registry, files, install, add] of managers) {
    itInstalls(
      name,
      { hosts: [registry], tool: name === "npm" ? "npm" : "corepack" },
      (session) =>
        Effect.gen(function*() {
          const { asked, show, told } = yield* session(files, `${add} && ${uses}`)
          assert.deepStrictEqual(installing(told), [`Installing dependencies (${install})`], told.join("\n"))
          assert.strictEqual(yield* show("uses.txt"), "true,false")
          assert.strictEqual((yield* show("package.json")).match(/"is-odd": *"\^?3\.0\.1"/)?.length, 1)
          assert.deepStrictEqual([...new Set(asked)], [`${registry}:443`])
        })
    )
  }
})
