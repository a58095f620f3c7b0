/** What is installed once on a base commit is there for every session that starts from it, and for nothing else. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Registry from "../standins/registry/index.ts"
import { itDocker } from "../support/Docker.ts"
import * as Git from "../support/Git.ts"
import * as Program from "../support/Program.ts"
import { makeHouse } from "./DependencyKit.ts"

/** A package that says a word, and a project that tests which. */
const greet = (word: string) => ({ "index.js": `module.exports = "${word}"\n` })
const says = (word: string) => `node -e "process.exit(require('greet') === '${word}' ? 0 : 1)"`

const test = (word: string) => ({ scripts: { test: says(word) } })

/** A house whose repository depends on one package that says hello. */
const withGreeting = (more: Readonly<Record<string, string>> = {}, files: Git.Files = {}) =>
  Effect.gen(function*() {
    const house = yield* makeHouse()
    const one = yield* house.registry.publish("greet", "1.0.0", greet("hello"))
    const scripts = { ...test("hello").scripts, ...more }
    yield* Git.commit(house.repository, { ...Registry.project([one], { scripts }), ...files })
    return { ...house, one }
  })

const tarball = "/greet/-/greet-1.0.0.tgz"

describe("dependencies", () => {
  itDocker(
    "are asked for once: a second session's round and checks ask the registry nothing, until they are pruned",
    () =>
      Effect.gen(function*() {
        const { entries, environment, session } = yield* withGreeting()
        const server = yield* Program.serve(environment)
        const first = yield* session(server, "echo 1 >a.txt")
        assert.deepStrictEqual(first.outcomes, ["test passed"])
        // the round, and the install that is kept; the checks had that one
        assert.deepStrictEqual(first.asked, [tarball, tarball])
        assert.strictEqual((yield* entries).length, 1)
        const second = yield* session(server, "echo 2 >b.txt; node -p 'require(`greet`)' >greeting.txt")
        assert.deepStrictEqual(second.outcomes, ["test passed"])
        assert.deepStrictEqual(second.asked, [])
        assert.include(second.told, "Dependencies taken from the cache")
        assert.include(second.told.join("\n"), "2 files changed", "what was installed is no part of the change")
        const pruned = yield* Program.run(environment, "sandbox", "prune", "--json")
        assert.match(pruned.out, /"dependencies": 1,\n {2}"bytes": [1-9]\d+\n/, pruned.err)
        assert.deepStrictEqual(yield* entries, [])
        assert.deepStrictEqual((yield* session(server, "echo 3 >c.txt")).asked, [tarball, tarball])
      })
  )

  itDocker("that an agent changes are installed, and are not what the next session gets", () =>
    Effect.gen(function*() {
      const { environment, registry, session } = yield* withGreeting()
      yield* registry.publish("greet", "2.0.0", greet("goodbye"))
      const server = yield* Program.serve(environment)
      const changed = yield* session(server, "npm install greet@2.0.0; sed -i s/hello/goodbye/ package.json")
      assert.deepStrictEqual(changed.outcomes, ["test passed"])
      assert.include(changed.asked, "/greet/-/greet-2.0.0.tgz")
      const next = yield* session(server, "echo 2 >b.txt")
      assert.deepStrictEqual([next.outcomes, next.asked], [["test passed"], []])
    }))

  itDocker(
    "are made on the base alone: what an agent puts into a script of the install is in no other session",
    () =>
      Effect.gen(function*() {
        const write = (word: string) =>
          `require("fs").writeFileSync("node_modules/greet/index.js", "module.exports = '${word}'")\n`
        const { environment, session } = yield* withGreeting({ postinstall: "node setup.js" }, {
          "setup.js": write("hello")
        })
        const server = yield* Program.serve(environment)
        const evil = [
          `sed -i s/hello/evil/ setup.js`,
          `find ~/.npm -type f | while read f; do echo evil >"$f"; done`,
          `sed -i 's/hello/evil/' node_modules/greet/index.js`,
          `for f in /run/opentl/*/dependencies.tar; do echo evil >"$f" || true; done`
        ].join("; ")
        const poisoned = yield* session(server, evil)
        assert.deepStrictEqual(poisoned.outcomes, ["test failed", "test failed"].slice(0, 1))
        const next = yield* session(server, "echo 2 >b.txt")
        assert.deepStrictEqual([next.outcomes, next.asked], [["test passed"], []])
        // whoever starts from the agent's branch gets what is there, and gives nothing of it to others
        const onTop = yield* session(server, "echo 3 >c.txt", { base: `opentl/${poisoned.id}` })
        assert.deepStrictEqual(onTop.outcomes, ["test failed_before"])
        const last = yield* session(server, "echo 4 >d.txt")
        assert.deepStrictEqual([last.outcomes, last.asked], [["test passed"], []])
      })
  )
})
