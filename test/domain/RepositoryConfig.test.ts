import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { BranchName } from "../../src/domain/Ids.ts"
import * as RepositoryConfig from "../../src/domain/RepositoryConfig.ts"

const whole = {
  setup: "npm ci",
  verify: ["npm test", { name: "types", run: "npx tsc", timeout_seconds: 90 }],
  agent: "codex",
  model: "gpt-6.2-sol",
  base: "develop",
  review_rounds: 0,
  instructions: "Keep the public API.\n",
  pull_request: { draft: true, labels: ["bot"], reviewers: ["ada", "acme/core"], title_prefix: "[bot]" },
  egress: ["Example.com", "*.example.org:8443"]
}

/** What is wrong with a file, and with which key. */
const problem = (file: unknown) =>
  Either.match(RepositoryConfig.decode(file), {
    onLeft: ({ path, reason }) => `${RepositoryConfig.showPath(path)} ${reason}`,
    onRight: () => "nothing"
  })

const config = (file: unknown) => Either.map(RepositoryConfig.decode(file), ({ config }) => config)

describe("a repository's configuration", () => {
  it("has all that the file says", () =>
    assert.deepStrictEqual(
      RepositoryConfig.decode(whole),
      Either.right({
        config: {
          setup: ["npm ci"],
          verify: [{ name: "npm test", run: "npm test" }, { name: "types", run: "npx tsc", timeoutSeconds: 90 }],
          agent: "codex" as const,
          model: "gpt-6.2-sol",
          base: BranchName.make("develop"),
          reviewRounds: 0,
          instructions: "Keep the public API.\n",
          pullRequest: { draft: true, labels: ["bot"], reviewers: ["ada", "acme/core"], titlePrefix: "[bot]" },
          egress: ["example.com", "*.example.org:8443"]
        },
        unknown: []
      })
    ))

  it("is empty if the file is, or if its keys have no values", () => {
    for (const file of [null, undefined, {}, { verify: null, pull_request: null }]) {
      assert.deepStrictEqual(config(file), Either.right({}))
    }
    assert.deepStrictEqual(config({ pull_request: { draft: null } }), Either.right({ pullRequest: {} }))
  })

  it("knows a configuration without checks from one that says nothing of them", () =>
    assert.deepStrictEqual(config({ verify: [] }), Either.right({ verify: [] })))

  it("knows every key that it decodes", () =>
    assert.sameMembers(Array.from(RepositoryConfig.knownKeys.file), Object.keys(whole)))

  it("names each check, and none like another", () => {
    const run = ["npm test\nnpm run more", "npm test", { name: "npm test", run: "a" }, { run: "b" }, "c".repeat(300)]
    const names = Either.map(config({ verify: run }), ({ verify = [] }) => verify.map(({ name }) => name))
    assert.deepStrictEqual(names, Either.right(["npm test", "npm test (2)", "npm test (3)", "b", "c".repeat(100)]))
  })

  it("ignores keys that it does not know, and tells them", () => {
    const file = { verfy: [], verify: [{ run: "a", timeout: 3 }], pull_request: { label: "x" } }
    const { unknown } = Either.getOrThrow(RepositoryConfig.decode(file))
    assert.deepStrictEqual(unknown.map(({ path }) => RepositoryConfig.showPath(path)), [
      "verfy",
      "pull_request.label",
      "verify[0].timeout"
    ])
  })

  const wrong: ReadonlyArray<readonly [file: unknown, problem: string]> = [
    [["verify"], " must be keys and values, as in verify: [npm test]"],
    ["text", " must be keys and values, as in verify: [npm test]"],
    [{ setup: 3 }, "setup must be a shell line or a list of shell lines"],
    [{ setup: ["a", ""] }, "setup[1] must be a shell line of at most 10000 characters"],
    [{ verify: "npm test" }, "verify must be a list of at most 50 commands"],
    [{ verify: Array.from({ length: 51 }, () => "a") }, "verify must be a list of at most 50 commands"],
    [{ verify: ["a", 3] }, "verify[1] must be a shell line, or name, run and timeout_seconds"],
    [{ verify: [["a"]] }, "verify[0] must be a shell line, or name, run and timeout_seconds"],
    [{ verify: ["x".repeat(10_001)] }, "verify[0] must be a shell line of at most 10000 characters"],
    [{ verify: [{ name: "a" }] }, "verify[0].run is missing: it is the shell line"],
    [{ verify: [{ name: "a\nb", run: "a" }] }, "verify[0].name must be one line of at most 100 characters"],
    ...[0, "60", 1.5, 86_401].map((timeout_seconds) =>
      [
        { verify: [{ run: "a", timeout_seconds }] },
        "verify[0].timeout_seconds must be a whole number of seconds from 1 to 86400"
      ] as const
    ),
    ...["command:rm -rf /", "acp:evil", "gpt", 3].map((agent) =>
      [
        { agent },
        "agent must be auto or one of opentl, claude-code, codex, opencode, pi, goose, qwen, gemini; " +
        "only the operator may give a shell line as the agent"
      ] as const
    ),
    [{ model: 5 }, "model must be one line of at most 200 characters"],
    [{ base: "--upload-pack=x" }, "base must be the name of a branch"],
    [{ base: 1 }, "base must be the name of a branch"],
    [{ review_rounds: -1 }, "review_rounds must be a whole number from 0 to 20"],
    [{ instructions: ["a"] }, "instructions must be text of at most 16000 characters"],
    [{ pull_request: true }, "pull_request must be keys and values: draft, labels, reviewers, title_prefix"],
    [{ pull_request: { draft: "yes" } }, "pull_request.draft must be true or false"],
    [{ pull_request: { labels: "bug" } }, "pull_request.labels must be a list of at most 20 labels"],
    [
      { pull_request: { reviewers: ["@ada"] } },
      "pull_request.reviewers[0] must be the name of a person or of a team (owner/team), without @"
    ],
    [
      { pull_request: { title_prefix: ["bot"] } },
      "pull_request.title_prefix must be one line of at most 50 characters"
    ],
    [{ egress: "example.com" }, "egress must be a list of at most 50 domains"],
    [{ egress: ["https://example.com"] }, "egress[0] must be a domain, as in example.com or *.example.com"],
    [{ egress: ["*"] }, "egress[0] must be a domain, as in example.com or *.example.com"]
  ]
  for (const [file, sentence] of wrong) {
    it(`is wrong: ${JSON.stringify(file).slice(0, 70)}`, () => assert.strictEqual(problem(file), sentence))
  }

  it.prop("is decoded, or is wrong in one sentence, whatever the file has", [
    FastCheck.oneof(
      FastCheck.jsonValue(),
      FastCheck.dictionary(
        FastCheck.constantFrom(...RepositoryConfig.knownKeys.file, "other"),
        FastCheck.oneof(
          FastCheck.jsonValue(),
          FastCheck.array(FastCheck.dictionary(FastCheck.constantFrom("run", "name", "x"), FastCheck.jsonValue())),
          FastCheck.dictionary(FastCheck.constantFrom("draft", "labels", "x"), FastCheck.jsonValue())
        )
      )
    )
  ], ([file]) => {
    Either.match(RepositoryConfig.decode(file), {
      onLeft: ({ reason }) => assert.match(reason, /^(must be|is missing: )[^\n]+$/),
      onRight: ({ config: { agent, verify = [] } }) => {
        assert.notMatch(agent ?? "", /:/)
        assert.strictEqual(new Set(verify.map(({ name }) => name)).size, verify.length)
      }
    })
  })
})
