/** The house rules bite: for each, one text that breaks it and one that does not. */
import { assert, describe, it } from "@effect/vitest"
import { ESLint } from "eslint"

const eslint = new ESLint({ overrideConfig: { linterOptions: { reportUnusedDisableDirectives: "off" } } })

/** The rules that a text breaks in a place, its format aside. */
const broken = (path: string, text: string): Promise<ReadonlyArray<string>> =>
  eslint.lintText(`${text}\n`, { filePath: path }).then(([result]) =>
    [...new Set((result?.messages ?? []).map((message) => message.ruleId ?? message.message))]
      .filter((rule) => rule !== "@effect/dprint" && rule !== "@typescript-eslint/no-unused-vars")
  )

interface Case {
  readonly rule: string
  readonly breaks: ReadonlyArray<readonly [path: string, text: string]>
  readonly keeps: ReadonlyArray<readonly [path: string, text: string]>
}

const domain = "src/domain/X.ts"
const service = "src/services/X.ts"
const cli = "src/cli/X.ts"
const test = "test/services/X.test.ts"

const statement = (
  rule: string,
  breaks: ReadonlyArray<string>,
  keeps: ReadonlyArray<string> = [],
  path: string = service
): Case => ({ rule, breaks: breaks.map((text) => [path, text]), keeps: keeps.map((text) => [path, text]) })

/** A file of so many lines, empty ones and comments among them. */
const linesOf = (count: number) => Array.from({ length: count }, (_, line) => ["a()", "", "// b"][line % 3]).join("\n")

const cases: ReadonlyArray<Case> = [
  {
    rule: "house/rooms",
    breaks: [
      [domain, "import { a } from \"../services/A.ts\""],
      [domain, "import type { A } from \"../services/A.ts\""],
      [domain, "export { a } from \"../services/A.ts\""],
      [domain, "export * from \"../services/A.ts\""],
      [domain, "export type A = import(\"../services/A.ts\").A"],
      [service, "import { a } from \"../actors/A.ts\""],
      ["src/services/migrations/0001_x.ts", "import { a } from \"../../actors/A.ts\""],
      ["src/services/forge/X.ts", "import { a } from \"../git/A.ts\""],
      ["src/services/forge/X.ts", "import { a } from \"../model/A.ts\""],
      ["src/services/model/X.ts", "import type { A } from \"../git/A.ts\""],
      ["src/services/model/X.ts", "export { a } from \"../forge/A.ts\""],
      ["src/services/git/X.ts", "import { a } from \"../model/A.ts\""],
      ["src/services/sandbox/docker/X.ts", "import { a } from \"../../git/A.ts\""],
      ["src/services/support/X.ts", "import { a } from \"../config/A.ts\""],
      ["src/services/model/X.ts", "import { a } from \"../A.ts\""],
      ["src/actors/X.ts", "import { a } from \"../http/A.ts\""],
      ["src/http/X.ts", "import { a } from \"../cli/A.ts\""],
      ["src/http/X.ts", "import { a } from \"../bots/A.ts\""],
      ["src/bots/X.ts", "import { a } from \"../http/Api.ts\""],
      ["src/bots/slack/X.ts", "import { a } from \"../telegram/A.ts\""],
      ["src/bots/slack/X.ts", "import { a } from \"../../services/telegram/A.ts\""],
      ["src/bots/shared/X.ts", "import { a } from \"../slack/A.ts\""],
      ["src/bots/shared/X.ts", "import { a } from \"../../services/telegram/A.ts\""],
      ["src/cli/X.ts", "import { a } from \"../http/SessionsHttp.ts\""],
      ["src/cli/X.ts", "import { a } from \"../App.ts\""],
      ["src/cli/X.ts", "export const a = import(\"../App.ts\")"],
      ["src/cli/ServeCommand.ts", "export const a = import(\"../App.ts\")"],
      ["src/App.ts", "import { a } from \"./cli/A.ts\""],
      ["src/index.ts", "import { a } from \"./main.ts\""],
      [service, "import { a } from \"../../sandbox/A.ts\""],
      [service, "import { a } from \"../../test/support/A.ts\""],
      ["sandbox/agent/X.ts", "import { a } from \"../../src/services/A.ts\""]
    ],
    keeps: [
      [domain, "import { a } from \"./A.ts\""],
      [service, "import { a } from \"../domain/A.ts\""],
      ["src/services/migrations/0001_x.ts", "import { a } from \"../A.ts\""],
      ["src/services/git/X.ts", "import { a } from \"../forge/A.ts\""],
      ["src/services/gateway/X.ts", "import { a } from \"../model/A.ts\""],
      ["src/services/sandbox/docker/X.ts", "import { a } from \"../../support/A.ts\""],
      ["src/services/X.ts", "import { a } from \"./model/A.ts\""],
      ["src/actors/X.ts", "import { a } from \"../services/A.ts\""],
      ["src/cli/X.ts", "import { a } from \"../http/Api.ts\""],
      ["src/cli/X.ts", "import { a } from \"../http/ApiClient.ts\""],
      ["src/App.ts", "import { a } from \"./bots/A.ts\""],
      ["src/bots/slack/X.ts", "import { a } from \"../shared/A.ts\""],
      ["src/bots/telegram/X.ts", "import { a } from \"../../services/telegram/A.ts\""],
      ["src/main.ts", "import { a } from \"./cli/A.ts\""],
      ["sandbox/agent/X.ts", "import { a } from \"../../src/domain/A.ts\""],
      [test, "import { a } from \"../../src/cli/A.ts\""]
    ]
  },
  statement("house/deep-imports", [
    "import { Effect } from \"effect\"",
    "import type { Effect } from \"effect\"",
    "import { FileSystem } from \"@effect/platform\"",
    "import { gen } from \"effect/Effect\"",
    "import { a } from \"./A\"",
    "import { a } from \"./A.js\""
  ], [
    "import * as Effect from \"effect/Effect\"",
    "import type * as Effect from \"effect/Effect\"",
    "import type { PlatformError } from \"@effect/platform/Error\"",
    "import { pipe } from \"effect/Function\""
  ]),
  statement("house/no-builtins", [
    "import * as Fs from \"node:fs\"",
    "import { spawn } from \"child_process\"",
    "import { env } from \"node:process\""
  ], ["import * as Net from \"node:net\""]),
  statement(
    "house/pure-domain",
    [
      "import * as Crypto from \"node:crypto\"",
      "import * as FileSystem from \"@effect/platform/FileSystem\"",
      "import * as Layer from \"effect/Layer\""
    ],
    ["import * as Schema from \"effect/Schema\""],
    domain
  ),
  statement("house/no-async", [
    "export async function a() {}",
    "export const a = async () => {}",
    "export const a = { async b() {} }",
    "export const a = await b"
  ], ["export const a = (b: () => Promise<void>) => b()"]),
  statement("house/no-try", ["try { a() } catch { b() }"], ["export const a = { try: () => 1 }"]),
  statement("house/no-throw", ["throw new Error()"]),
  statement("house/no-environment", ["export const a = process.env", "export const a = process.env[\"A\"]"]),
  statement("house/no-process", ["process.exit(1)", "export const a = process.argv"], [
    "export const a = (process: { readonly kill: number }) => process.kill"
  ]),
  statement("house/no-console", ["console.log(1)", "export const a = console.error"]),
  statement("house/no-clock", [
    "export const a = Date.now()",
    "export const a = new Date()",
    "setTimeout(a, 1)",
    "export const a = performance.now()"
  ], ["export const a = new Date(0)"]),
  statement("house/no-random", ["export const a = Math.random()"], ["export const a = Math.max(1, 2)"]),
  statement("house/no-run", [
    "Effect.runPromise(a)",
    "Effect.runFork(a)",
    "Effect.runSync(a)",
    "Runtime.runFork(r)",
    "NodeRuntime.runMain(a)"
  ]),
  statement("house/no-daemon", ["export const a = Effect.forkDaemon(b)"], ["export const a = Effect.fork(b)"]),
  statement(
    "house/supervised",
    [
      "export const a = Effect.forkScoped(b)",
      "b.pipe(Effect.forever, Effect.forkScoped)",
      "export const a = Effect.forkIn(b, c)"
    ],
    ["export const a = Effect.fork(b)", "export const a = supervision.run(\"a\", b)"]
  ),
  statement("house/no-json-parse", ["export const a = JSON.parse(b)"], ["export const a = JSON.stringify(b)"]),
  statement("house/no-fetch", ["export const a = fetch(b)"], ["const fetch = 1\nexport const a = fetch(b)"]),
  {
    rule: "house/typed-facts",
    breaks: [
      [cli, "export const a = event.detail"],
      [cli, "export const a = event.detail?.[\"_tag\"]"],
      [cli, "export const a = event[\"detail\"]"],
      [cli, "export const a = ({ detail }) => detail"],
      [cli, "export const { \"detail\": a } = event"],
      ["src/bots/shared/X.ts", "export const a = event.detail"],
      ["src/http/X.ts", "export const a = event.detail"]
    ],
    keeps: [
      [cli, "export const a = event.fact"],
      [cli, "const detail = 1\nexport const a = { detail }"],
      ["src/cli/doctor/X.ts", "export const a = finding.detail"],
      [service, "export const a = row.detail"]
    ]
  },
  statement("house/no-default-export", ["export default 1"], ["export const a = 1"]),
  statement("house/no-vi-mock", ["vi.mock(\"./A.ts\")"], [], test),
  statement(
    "house/no-skip",
    [
      "it.skip(\"a\", () => {})",
      "it.effect.only(\"a\", () => b)",
      "describe.todo(\"a\")"
    ],
    ["it.effect(\"a\", () => b)"],
    test
  ),
  statement("house/described-suppressions", [
    "// eslint-disable-next-line no-var\nvar a = 1",
    "/* eslint-disable */\nexport const a = 1",
    "/* eslint-disable -- because */\nexport const a = 1",
    "// @effect-diagnostics-next-line floatingEffect:off\na()",
    "// @ts-expect-error\na()"
  ], [
    "// eslint-disable-next-line no-var -- because\nvar a = 1",
    "// @effect-diagnostics-next-line floatingEffect:off -- because\na()"
  ]),
  statement("@typescript-eslint/no-explicit-any", ["export const a = (b: any) => b"]),
  statement("@typescript-eslint/no-non-null-assertion", ["export const a = b!"]),
  statement("@typescript-eslint/consistent-type-assertions", [
    "export const a = b as string",
    "export const a = b as unknown as string"
  ], ["export const a = [1] as const"]),
  statement("@typescript-eslint/ban-ts-comment", ["// @ts-ignore -- because\na()", "// @ts-nocheck\na()"]),
  {
    rule: "max-lines",
    breaks: [domain, test, "sandbox/X.ts", "scripts/X.ts"].map((path) => [path, linesOf(251)]),
    keeps: [domain, test].map((path) => [path, linesOf(250)])
  }
]

describe("house rules", () => {
  for (const { breaks, keeps, rule } of cases) {
    it(rule, () =>
      Promise.all([
        ...breaks.map(([path, text]) =>
          broken(path, text).then((rules) => assert.include(rules, rule, `not refused in ${path}: ${text}`))
        ),
        ...keeps.map(([path, text]) =>
          broken(path, text).then((rules) => assert.notInclude(rules, rule, `refused in ${path}: ${text}`))
        )
      ]))
  }

  it("format", () =>
    eslint.lintText("const a = 'x';\nexport { a, };\n", { filePath: service }).then(([result]) =>
      assert.include((result?.messages ?? []).map((message) => message.ruleId), "@effect/dprint")
    ))

  it("has a case for every rule of the house", () =>
    eslint.calculateConfigForFile(service).then((config: { readonly plugins: { readonly house: ESLint.Plugin } }) =>
      assert.sameMembers(
        Object.keys(config.plugins.house.rules ?? {}).map((name) => `house/${name}`),
        cases.map(({ rule }) => rule).filter((rule) => rule.startsWith("house/"))
      )
    ))
})
