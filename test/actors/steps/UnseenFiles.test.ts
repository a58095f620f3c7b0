/** What the reviewer was not shown is named in the event and in the pull request, and holds an approval back. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { added, binary, type Change, diffOf } from "../../support/Patches.ts"
import { create, history, withServer } from "../../support/TestApp.ts"

/** A session that makes this change, and whose review approves. */
const approved = (...changes: ReadonlyArray<Change>) =>
  withServer((world) =>
    Effect.gen(function*() {
      world.remote.diff = () => diffOf(changes)
      const events = yield* Effect.flatMap(create(), history)
      const review = events.find((event) => event.type === "review")
      const proposal = world.remote.proposals[0]
      return {
        said: review?.data ?? "",
        detail: review?.detail?.["review"],
        shown: world.model.asked.find(({ purpose }) => purpose === "review")?.prompt ?? "",
        draft: proposal?.draft,
        body: proposal?.body ?? ""
      }
    })
  )

const door = added("src/login.ts", "if (password === \"letmein\") return true\n")

describe("an approval", () => {
  it.effect("of all of a change is one", () =>
    Effect.gen(function*() {
      const { body, draft, said } = yield* approved(door)
      assert.isFalse(draft)
      assert.strictEqual(said, "approved: good")
      assert.notInclude(body, "Not shown")
    }))

  it.effect("of a small file beside one with a line that no question has room for has seen it, and is one in part", () =>
    Effect.gen(function*() {
      const { body, detail, draft, said, shown } = yield* approved(door, added("a.json", "x".repeat(300_000)))
      assert.include(shown, door.text)
      assert.match(shown, /## Not shown to you\n\n<(data-\w+) name="files">\na\.json .*\n<\/\1>/)
      const what = "(only in part: it is too long)"
      const rest = `1 file was not shown to the reviewer: a.json ${what}\nreviewed in 2 parts`
      assert.strictEqual(said, `approved in part: good\n${rest}`)
      assert.deepInclude(detail, { unseen: { total: 1, media: 0, files: [{ file: "a.json", why: "cut" }] } })
      assert.isTrue(draft)
      assert.include(body, "- Round 1: **approved in part**: good")
      assert.include(
        body,
        "### Not shown to the reviewer\n\nThese files were not shown to the reviewer, so this is a draft"
      )
      assert.include(body, `- \`a.json\` ${what}`)
    }))

  it.effect("of a change with a program that is no text is one in part", () =>
    Effect.gen(function*() {
      const { body, draft } = yield* approved(door, binary("lib/tool.so", 1_000))
      assert.isTrue(draft)
      assert.include(body, "- `lib/tool.so` (binary)")
    }))

  it.effect("of a change with a picture is one, and names the picture", () =>
    Effect.gen(function*() {
      const { body, draft, said } = yield* approved(door, binary("logo.png", 1_000))
      assert.isFalse(draft)
      assert.strictEqual(
        said,
        "approved: good\n1 file was not shown to the reviewer: logo.png (picture, font or sound)"
      )
      assert.include(body, "because they are not text:\n\n- `logo.png`")
    }))
})

describe("a pull request", () => {
  it.effect("lists the files that need a person's eye", () =>
    Effect.gen(function*() {
      const { body } = yield* approved(
        door,
        added(".github/workflows/deploy.yml", "on: push"),
        added("bin/run", "true", { mode: "100755" })
      )
      assert.include(
        body,
        "### Needs your eye\n\n- `.github/workflows/deploy.yml`: added; workflow: it runs with the repository's token and " +
          "secrets\n- `bin/run`: added; becomes executable"
      )
    }))
})
