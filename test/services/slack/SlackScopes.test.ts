import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { botEvents, botScopes, missingScopes } from "../../../src/services/slack/SlackScopes.ts"

/** The items of a list in the manifest. */
const listed = (manifest: string, name: string): ReadonlyArray<string> =>
  (new RegExp(`\\n +${name}:\\n((?: +- .*\\n)+)`).exec(manifest)?.[1] ?? "").split("\n")
    .map((line) => line.trim().replace(/^- /, "")).filter((item) => item !== "")

layer(NodeContext.layer)("Slack's scopes", (it) => {
  it.effect("the manifest to paste asks for what the bot needs, and nothing else", () =>
    Effect.gen(function*() {
      const docs = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString("docs/slack.md"))
      const [, manifest = ""] = /```yaml([\s\S]*?)```/.exec(docs) ?? []
      assert.deepStrictEqual(listed(manifest, "bot"), [...botScopes])
      assert.deepStrictEqual(listed(manifest, "bot_events"), [...botEvents])
    }))

  it.effect("what a token lacks is named", () =>
    Effect.sync(() => {
      assert.deepStrictEqual(missingScopes(botScopes.filter((scope) => scope !== "files:write").join(",")), [
        "files:write"
      ])
      assert.deepStrictEqual(missingScopes([...botScopes, "extra"].join(", ")), [])
    }))
})
