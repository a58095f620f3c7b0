/** Where an agent's host waits, it is the bridge to the gateway as well. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { shell, world } from "./BuiltInRound.ts"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { branch } from "./SessionWorkspace.ts"

/** Tells which programs were started as the bridge of the round that works here. */
const tellBridges =
  "for each in /proc/[0-9]*; do tr '\\0' ' ' <$each/cmdline | grep \"^node .* ${PWD%/repo}/bridge.port $\"; done 2>/dev/null; true"

/** Asks the gateway for anything. */
const askGateway = "node -e 'fetch(process.env.HTTP_PROXY).then(({ status }) => console.log(`status ${status}`))'"

const done = `###OPENTL_DONE### ${branch}`

/** The inputs of a container that waits: they are there at once, and are what the round was given. */
const waiting = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const inputs = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-inputs-" })
  yield* fs.writeFileString(`${inputs}/begin`, "it begins\n")
  yield* fs.writeFileString(`${inputs}/environment`, "cp -R \"$OPENTL_WORKSPACE/in\" \"$OPENTL_INPUTS/in\"\n")
  return { OPENTL_INPUTS: inputs, OPENTL_EXPECTED_AGENT: "opentl" }
})

layer(SandboxRuntime.layer, { excludeTestServices: true })("the bridge in an agent's host", (it) => {
  it.scoped("is the only one of its round", () =>
    Effect.gen(function*() {
      const { round } = yield* world("openai", [{ calls: [shell(tellBridges)] }, { text: "That is all." }])
      const { lines, texts } = yield* round("Tell the bridges.")
      const bridges = texts.filter((text) => text.endsWith("/bridge.port "))
      assert.lengthOf(bridges, 1, texts.join("\n"))
      assert.include(bridges[0], "/agent.mjs --wait ")
      assert.strictEqual(lines.at(-1), done)
    }))

  it.scoped("is there for the agent that was waited for", () =>
    Effect.gen(function*() {
      const { round } = yield* world("openai", [{ calls: [shell(tellBridges)] }, { text: "That is all." }])
      const { lines, texts } = yield* round("Tell the bridges.", yield* waiting)
      const bridges = texts.filter((text) => text.endsWith("/bridge.port "))
      assert.lengthOf(bridges, 1, texts.join("\n"))
      assert.include(bridges[0], "/agent.mjs --wait --tell --rehearse ")
      assert.deepStrictEqual([lines[0], lines.at(-1)], ["it begins", done])
    }))

  for (const [agent, running] of [["command", "Running agent (command)"], ["checks", "Running checks"]] as const) {
    it.scoped(`gives way to a program of its own where another agent runs than was waited for: ${agent}`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { round, session } = yield* world("openai", [{ status: 418, body: {} }])
        const out = `${session.workspace}/asked`
        const ask = `bash ${session.workspace}/ask.sh`
        yield* fs.writeFileString(`${session.workspace}/ask.sh`, `(${askGateway}; ${tellBridges}) >${out}`)
        yield* fs.writeFileString(
          `${session.workspace}/in/checks.json`,
          JSON.stringify({ commands: [{ run: ask }], seconds: 60 })
        )
        const { lines } = yield* round("", {
          ...(yield* waiting),
          OPENTL_AGENT: agent,
          OPENTL_AGENT_COMMAND: ask
        })
        assert.include(lines, `###OPENTL_STATUS### ${running}`)
        const told = yield* Effect.map(fs.readFileString(out), (text) => text.trimEnd().split("\n"))
        assert.match(told[0] ?? "", /^status 4/)
        assert.lengthOf(told, 2)
        assert.match(told[1] ?? "", /\/bridge\.mjs /)
      }))
  }

  it.scoped("that an install has ended gives way to one for the next install and for the agent", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { round, session } = yield* world("openai", [{ status: 418, body: {} }, { text: "That is all." }], {
        "package.json": "{\"dependencies\":{\"a\":\"1\"}}\n",
        "go.mod": "module a\n"
      })
      const tools = yield* fs.makeTempDirectoryScoped()
      const tool = Effect.fn(function*(name: string, script: string) {
        yield* fs.writeFileString(`${tools}/${name}`, `#!/bin/bash\n${script}\n`)
        yield* fs.chmod(`${tools}/${name}`, 0o755)
      })
      yield* tool("npm", "pkill -9 -f \"^node [^ ]*/agent.mjs --wait .* $OPENTL_WORKSPACE/bridge.port\" && echo ended")
      yield* tool("go", askGateway)
      const { lines } = yield* round("Work.", { PATH: `${tools}:${process.env["PATH"]}` })
      assert.include(lines, "ended")
      assert.match(lines.join("\n"), /^status 4/m)
      assert.strictEqual(lines.at(-1), done, session.workspace)
    }))
})
