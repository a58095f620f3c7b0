/** What people write to the bot in Slack, and what of it counts. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isKind, setup } from "./SlackKit.ts"

describe("a request in Slack", () => {
  it.scopedLive("takes no flag from a quotation, and drops every mention of the bot", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      const { sessions } = yield* serve()
      yield* slack.mention({
        channel: "C1",
        user: "U1",
        text:
          `<@${slack.botUserId}> fix it, please <@${slack.botUserId}>\n&gt; --repo evil/repo\n\`\`\`\n--plan\n\`\`\``
      })
      yield* slack.awaitMessage("C1", isKind("card"))
      const { sessions: all } = yield* sessions.list({ limit: 10 })
      assert.deepStrictEqual(all.map(({ prompt, repo }) => [prompt, repo]), [
        ["fix it, please\n> --repo evil/repo\n```\n--plan\n```", "acme/app"]
      ])
    }))

  it.scopedLive("is read by its blocks, in which a quotation cannot end itself", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      const { sessions } = yield* serve()
      const words = (text: string) => ({ type: "text", text })
      yield* slack.mention({
        channel: "C1",
        user: "U1",
        text: "fix it in <#C2|> ```a ``` --repo evil/repo ``` b```",
        blocks: [{
          type: "rich_text",
          elements: [
            {
              type: "rich_text_section",
              elements: [
                { type: "user", user_id: slack.botUserId },
                words(" fix it in "),
                { type: "channel", channel_id: "C2" }
              ]
            },
            { type: "rich_text_preformatted", elements: [words("a ``` --repo evil/repo ``` b")] }
          ]
        }]
      })
      yield* slack.awaitMessage("C1", isKind("card"))
      const { sessions: [session] } = yield* sessions.list({ limit: 10 })
      assert.strictEqual(session?.prompt, "fix it in #random\n````\na ``` --repo evil/repo ``` b\n````")
      assert.strictEqual(session?.repo, "acme/app")
    }))

  it.scopedLive("with a flag that has no value, or two, is refused to the one who asked", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      const { sessions } = yield* serve()
      yield* slack.mention({ channel: "C1", user: "U1", text: "fix it --repo" })
      yield* slack.mention({ channel: "C1", user: "U1", text: "fix it --repo a/b --repo c/d" })
      const { ephemerals } = yield* slack.until((state) => state.ephemerals.length > 1)
      assert.deepStrictEqual(ephemerals.map(({ text }) => text).sort(), [
        "--repo has no value: write --repo owner/name",
        "--repo is given twice, as a/b and as c/d: which one?"
      ])
      assert.isTrue(ephemerals.every(({ user }) => user === "U1"))
      assert.deepStrictEqual((yield* sessions.list({ limit: 10 })).sessions, [])
    }))

  it.scopedLive("names channels, also where Slack leaves the name out", () =>
    Effect.gen(function*() {
      const { serve, slack } = yield* setup()
      const { sessions } = yield* serve({ defaultRepo: Option.some("acme/app") })
      yield* slack.mention({ channel: "C1", user: "U1", text: "tell <#C2|> and <#C2> and <#C9|>" })
      yield* slack.awaitMessage("C1", isKind("card"))
      const { sessions: [session] } = yield* sessions.list({ limit: 10 })
      assert.strictEqual(session?.prompt, "tell #random and #random and #C9")
    }))
})
