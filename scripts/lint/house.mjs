// The house rules as an ESLint plugin: one named rule each, so that an exemption says which one it lifts.
// `test/ground/HouseRules.test.ts` proves that every one of them bites.

import { forbid, member } from "./forbid.mjs"
import { deepImports, noBuiltins, pureDomain } from "./imports.mjs"
import { roomsRule } from "./rooms.mjs"
import { describedSuppressions } from "./suppressions.mjs"

export const house = {
  meta: { name: "house" },
  rules: {
    "rooms": roomsRule,
    "deep-imports": deepImports,
    "no-builtins": noBuiltins,
    "pure-domain": pureDomain,
    "described-suppressions": describedSuppressions,
    "no-async": forbid(
      "no async functions: Effect.gen, and Effect.tryPromise round an SDK",
      ":function[async=true]",
      "AwaitExpression",
      "ForOfStatement[await=true]"
    ),
    "no-try": forbid("no try: errors travel in the error channel (Effect.try, catchTag)", "TryStatement"),
    "no-throw": forbid("no throw: return yield* new SomeError(…)", "ThrowStatement"),
    "no-environment": forbid("the environment is read in one place, by Config", member("process", "\"env\"")),
    "no-process": forbid("no process globals: Terminal, Runtime, Config", "MemberExpression[object.name=\"process\"]"),
    "no-console": forbid("no console: Effect.log, or Console", "MemberExpression[object.name=\"console\"]"),
    "no-clock": forbid(
      "time comes through Clock, DateTime and Schedule",
      member("Date", "\"now\""),
      "NewExpression[callee.name=\"Date\"][arguments.length=0]",
      "CallExpression[callee.name=\"Date\"]",
      member("performance", "\"now\""),
      "CallExpression[callee.name=/^(setTimeout|setInterval|setImmediate)$/]"
    ),
    "no-random": forbid("randomness comes through Random", member("Math", "\"random\"")),
    "no-run": forbid(
      "effects are run in start.ts alone",
      member("Effect", "/^run(Promise|Sync|Fork|Callback)/"),
      member("Runtime", "/^run(Promise|Sync|Fork|Callback)/"),
      member("NodeRuntime", "\"runMain\"")
    ),
    "no-daemon": forbid(
      "every fiber has an owner: BackgroundTasks, FiberMap, FiberSet",
      member("Effect", "\"forkDaemon\"")
    ),
    "supervised": forbid(
      "a fiber that lives long is supervised: BackgroundTasks.run starts it again and tells /ready of it",
      member("Effect", "/^fork(Scoped|In)$/")
    ),
    "no-json-parse": forbid("decode at the boundary: Schema.parseJson", member("JSON", "\"parse\"")),
    "no-fetch": forbid("requests go through HttpClient", "CallExpression[callee.name=\"fetch\"]"),
    "typed-facts": forbid(
      "what happened goes typed through the port: an event's `fact`, not its `detail`",
      "MemberExpression[property.name=\"detail\"]",
      "MemberExpression[property.value=\"detail\"]",
      "ObjectPattern > Property[key.name=\"detail\"]",
      "ObjectPattern > Property[key.value=\"detail\"]"
    ),
    "no-default-export": forbid("exports have names", "ExportDefaultDeclaration"),
    "no-vi-mock": forbid(
      "no module mocks: provide a layer",
      "MemberExpression[object.name=\"vi\"][property.name=/^(mock|doMock)$/]"
    ),
    "no-skip": forbid(
      "no skipped tests, no lone ones (what Docker is needed for says skipIf)",
      "MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(skip|only|todo|fails)$/]",
      "MemberExpression[object.object.name=/^(it|test|describe)$/][property.name=/^(skip|only|todo|fails)$/]"
    )
  }
}
