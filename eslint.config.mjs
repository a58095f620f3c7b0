import * as effect from "@effect/eslint-plugin"
import tseslint from "typescript-eslint"
import { house } from "./scripts/lint/house.mjs"

/** The Effect repository's own format. `npm run format` writes it. */
const format = {
  indentWidth: 2,
  lineWidth: 120,
  semiColons: "asi",
  quoteStyle: "alwaysDouble",
  trailingCommas: "never",
  operatorPosition: "maintain",
  "arrowFunction.useParentheses": "force"
}

const all = (severity, ...names) => Object.fromEntries(names.map((name) => [`house/${name}`, severity]))

/** Held by everything that is written on Effect: the program, and the agent in the sandbox. */
const program = all(
  "error",
  "no-async",
  "no-try",
  "no-throw",
  "no-environment",
  "no-process",
  "no-console",
  "no-clock",
  "no-random",
  "no-run",
  "no-daemon",
  "no-json-parse",
  "no-fetch",
  "no-builtins"
)

/** Lifts rules from single files, with the reason. */
const exempt = (reason, files, ...names) => ({ name: `exempt: ${reason}`, files, rules: all("off", ...names) })

export default [
  { ignores: ["dist/**", "node_modules/**", ".demo/**", "coverage/**"] },
  {
    files: ["**/*.{ts,mjs}"],
    languageOptions: { parser: tseslint.parser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { house, "@effect": effect, "@typescript-eslint": tseslint.plugin },
    rules: {
      "@effect/dprint": ["error", { config: format }],
      "house/described-suppressions": "error",
      "eqeqeq": ["error", "always", { null: "ignore" }],
      "no-var": "error",
      "prefer-const": "error",
      "object-shorthand": "error",
      "no-fallthrough": "error",
      "no-empty-pattern": "error",
      "no-duplicate-imports": ["error", { allowSeparateTypeImports: true }],
      "@typescript-eslint/no-unused-vars": ["error", {
        argsIgnorePattern: "^_",
        varsIgnorePattern: "^_",
        ignoreRestSiblings: true
      }]
    }
  },
  {
    files: ["**/*.ts"],
    rules: {
      "house/rooms": "error",
      "house/deep-imports": "error",
      "house/no-default-export": "error",
      "@typescript-eslint/array-type": ["error", { default: "generic", readonly: "generic" }],
      "@typescript-eslint/ban-ts-comment": ["error", { "ts-expect-error": "allow-with-description" }],
      "@typescript-eslint/consistent-type-assertions": ["error", { assertionStyle: "never" }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-import-type-side-effects": "error",
      "max-lines": ["error", { max: 250 }]
    }
  },
  { files: ["src/**/*.ts", "sandbox/**/*.ts"], rules: program },
  { files: ["src/**/*.ts"], rules: all("error", "supervised") },
  { files: ["src/domain/**/*.ts"], rules: all("error", "pure-domain") },
  { files: ["src/bots/**/*.ts", "src/cli/**/*.ts", "src/http/**/*.ts"], rules: all("error", "typed-facts") },
  { files: ["test/**/*.ts"], rules: all("error", "no-vi-mock", "no-skip", "no-run", "no-daemon") },

  exempt("the binary runs the program", ["src/start.ts"], "no-run", "no-process"),
  exempt(
    "start in milliseconds on bare node, without Effect",
    ["src/main.ts", "src/commands.ts", "src/CodeCache.ts"],
    "no-try",
    "no-process",
    "no-environment",
    "no-json-parse",
    "no-builtins"
  ),
  exempt(
    "a small program on bare node, which starts others for the server",
    ["src/starter.ts"],
    "no-try",
    "no-process",
    "no-builtins"
  ),
  exempt(
    "small programs of the sandbox that start in milliseconds on bare node, without Effect",
    ["sandbox/GatewayBridge.ts", "sandbox/bridge.ts", "sandbox/capture.ts", "sandbox/relay.ts"],
    "no-throw",
    "no-try",
    "no-process",
    "no-clock",
    "no-builtins"
  ),
  exempt("puts the very node that runs it into the sandbox", ["src/services/sandbox/SandboxRuntime.ts"], "no-builtins"),
  exempt(
    "reads the table of processes at once, and counts changes from the moment it is asked to",
    ["src/services/sandbox/local/ProcessTable.ts", "src/services/sandbox/local/DirectoryChanges.ts"],
    "no-builtins"
  ),
  exempt("FileSystem does not tell how much is free", ["src/services/sandbox/FreeSpace.ts"], "no-builtins"),
  exempt("the agent's entry runs the agent", ["sandbox/agent/main.ts"], "no-run", "no-process"),
  exempt(
    "the host's entry runs the host, whose environment is the agent's",
    ["sandbox/acp/main.ts", "sandbox/acp/HostStart.ts", "sandbox/checks/main.ts"],
    "no-run",
    "no-process",
    "no-environment"
  ),
  exempt("signals a group of processes", [
    "sandbox/acp/AgentProcess.ts",
    "sandbox/checks/Command.ts",
    "sandbox/checks/Survivors.ts"
  ], "no-process"),
  exempt("here they are supervised", ["src/services/support/BackgroundTasks.ts"], "supervised"),
  exempt("an alarm lives as long as the step that it is for", ["src/actors/session/SessionActor.ts"], "supervised"),
  exempt(
    "lives as long as the process whose words it reads",
    ["src/services/programs/DirectPrograms.ts"],
    "supervised"
  ),
  exempt("lives as long as the command that draws", ["src/cli/terminal/LiveLine.ts"], "supervised"),
  exempt(
    "lives a few seconds longer than its caller, who waits for it",
    ["src/bots/shared/LetFinish.ts"],
    "supervised"
  ),
  exempt("a finding has a detail of its own", ["src/cli/doctor/*.ts"], "typed-facts"),
  exempt("an error on the wire has a detail of its own", ["src/http/Errors.ts"], "typed-facts"),
  exempt("the migrator reads default exports", ["src/services/store/migrations/*.ts"], "no-default-export"),
  exempt("vitest reads default exports", ["vitest.config.ts"], "no-default-export")
]
