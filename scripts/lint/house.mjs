// The house rules as an ESLint plugin: one named rule each, so that an exemption says which one it lifts.
// `test/ground/HouseRules.test.ts` proves that every one of them bites.

import { dirname, relative, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..")

const globals = new Set(["process", "console", "Date", "Math", "JSON", "performance", "fetch"])

/** Whether the name that a node begins with is a global's name, and means something else here. */
const isShadowed = (sourceCode, node) => {
  const root = node.object ?? node.callee
  if (root?.type !== "Identifier" || !globals.has(root.name)) return false
  for (let scope = sourceCode.getScope(node); scope !== null; scope = scope.upper) {
    const variable = scope.set.get(root.name)
    if (variable !== undefined) return variable.defs.length > 0
  }
  return false
}

/** Forbids every node that matches one of the selectors. */
const forbid = (message, ...selectors) => ({
  meta: { type: "problem", schema: [], messages: { forbidden: message } },
  create: (context) => {
    const check = (node) => {
      if (!isShadowed(context.sourceCode, node)) context.report({ node, messageId: "forbidden" })
    }
    return Object.fromEntries(selectors.map((selector) => [selector, check]))
  }
})

const member = (object, property) => `MemberExpression[object.name="${object}"][property.name=${property}]`

// ---------------------------------------------------------------------------------------------------------------------
// Rooms: imports only run to the left
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What a room may import beside itself; an entry is a room, or a pattern of files. `test`, the scripts and the
 * configuration files import what they need.
 */
export const rooms = {
  "src/domain": [],
  "src/services": ["src/domain"],
  "src/actors": ["src/domain", "src/services"],
  "src/http": ["src/domain", "src/services", "src/actors"],
  "src/bots/shared": ["src/domain", /^src\/services\/(?!slack|telegram)/, "src/actors"],
  "src/bots/slack": ["src/domain", /^src\/services\/(?!telegram)/, "src/actors", "src/bots/shared"],
  "src/bots/telegram": ["src/domain", /^src\/services\/(?!slack)/, "src/actors", "src/bots/shared"],
  "src/bots": ["src/domain", "src/services", "src/actors"],
  "src/cli": [
    "src/domain",
    "src/services",
    "src/actors",
    /^src\/http\/Api[A-Za-z]*\.ts$/,
    /^package\.json$/,
    { only: /^src\/cli\/(Serve|Embedded)[A-Za-z]*\.ts$/, may: /^src\/App\.ts$/ }
  ],
  "src/App.ts": ["src/domain", "src/services", "src/actors", "src/http", "src/bots"],
  "src/index.ts": ["src/domain", "src/services", "src/actors", "src/http", "src/bots", "src/App.ts"],
  "src/InProcess.ts": ["src/domain", "src/services", "src/actors", "src/cli", "src/App.ts"],
  "src/ReadOnly.ts": ["src/services", "src/actors"],
  "src/parts.ts": ["src/actors", "src/http", "src/cli", "src/InProcess.ts", "src/ReadOnly.ts"],
  "src/main.ts": ["src/cli", "src/parts.ts"],
  "sandbox": ["src/domain"]
}

const isIn = (room, file) => file === room || file.startsWith(`${room}/`)

const mayImport = (allowed, from, to) =>
  allowed.some((entry) =>
    typeof entry === "string" ?
      isIn(entry, to) :
      entry instanceof RegExp ?
      entry.test(to) :
      entry.only.test(from) && entry.may.test(to)
  )

const posix = (path) => path.split(sep).join("/")

const roomsRule = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      direction:
        "{{from}} must not import {{to}}: imports only run domain <- services <- actors <- http, cli, bots <- App"
    }
  },
  create: (context) => {
    const from = posix(relative(root, context.filename))
    const room = Object.keys(rooms).find((candidate) => isIn(candidate, from))
    if (room === undefined) return {}
    const check = (node) => {
      const source = node.source?.value
      if (typeof source !== "string" || !source.startsWith(".")) return
      const to = posix(relative(root, resolve(dirname(context.filename), source)))
      if (!isIn(room, to) && !mayImport(rooms[room], from, to)) {
        context.report({ node, messageId: "direction", data: { from, to } })
      }
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      TSImportType: check
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Imports
// ---------------------------------------------------------------------------------------------------------------------

const effectPackage = /^(effect|@effect\/[a-z-]+)$/
/** Packages whose modules are namespaces; `@effect/vitest` is one module. */
const isBarrel = (source) => effectPackage.test(source) && source !== "@effect/vitest"

/** Types, and the functions of `effect/Function`, may be imported by name. */
const deepImports = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      barrel: "import the module, not the barrel: import * as Effect from \"effect/Effect\"",
      namespace: "import modules of Effect as namespaces: import * as {{name}} from \"{{source}}\"",
      extension: "relative imports carry the .ts suffix"
    }
  },
  create: (context) => ({
    "ImportDeclaration, ExportNamedDeclaration, ExportAllDeclaration, ImportExpression": (node) => {
      const source = node.source?.value
      if (typeof source !== "string") return
      if (isBarrel(source)) context.report({ node, messageId: "barrel" })
      if (source.startsWith(".") && !/\.(ts|mts|mjs|json)$/.test(source)) {
        context.report({ node, messageId: "extension" })
      }
      const name = /^(?:effect|@effect\/[a-z-]+)\/([A-Z][A-Za-z]*)$/.exec(source)?.[1]
      if (name === undefined || node.type !== "ImportDeclaration") return
      if (name === "Function") return
      const isValue = ({ importKind, type }) =>
        type !== "ImportNamespaceSpecifier" && importKind !== "type" && node.importKind !== "type"
      if (node.specifiers.some(isValue)) {
        context.report({ node, messageId: "namespace", data: { name, source } })
      }
    }
  })
}

/** Built-ins that have a service of Effect's in their place. */
const builtins = /^(node:)?(fs|fs\/promises|child_process|process|timers|timers\/promises|readline|readline\/promises)$/

const noBuiltins = {
  meta: {
    type: "problem",
    schema: [],
    messages: { forbidden: "{{source}} has a service in its place: FileSystem, Command, Terminal, Config, Clock" }
  },
  create: (context) => ({
    "ImportDeclaration, ImportExpression, ExportNamedDeclaration, ExportAllDeclaration": (node) => {
      const source = node.source?.value
      if (typeof source === "string" && builtins.test(source)) {
        context.report({ node, messageId: "forbidden", data: { source } })
      }
    }
  })
}

/** The domain is pure: Effect's data types and nothing that runs. */
const pureDomain = {
  meta: {
    type: "problem",
    schema: [],
    messages: { forbidden: "the domain is pure: {{source}} is not" }
  },
  create: (context) => ({
    "ImportDeclaration, ImportExpression, ExportNamedDeclaration, ExportAllDeclaration": (node) => {
      const source = node.source?.value
      if (typeof source !== "string" || source.startsWith(".")) return
      const isData = /^effect\/[A-Z]/.test(source) && !/^effect\/(Runtime|ManagedRuntime|FiberRef|Layer)$/.test(source)
      if (!isData) context.report({ node, messageId: "forbidden", data: { source } })
    }
  })
}

// ---------------------------------------------------------------------------------------------------------------------
// Suppressions
// ---------------------------------------------------------------------------------------------------------------------

const suppression =
  /^\s*(eslint-disable(?:-next-line|-line)?|@effect-diagnostics(?:-next-line)?|@ts-expect-error)\b(.*)$/s

const describedSuppressions = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      undescribed: "line {{line}}: a suppression says why it is there, after `--`",
      unnamed: "line {{line}}: a suppression names its rules"
    }
  },
  create: (context) => ({
    Program: () => {
      for (const comment of context.sourceCode.getAllComments()) {
        const [, directive, rest] = suppression.exec(comment.value) ?? []
        if (directive === undefined) continue
        // Above the first line, where no directive reaches: a suppression cannot suppress this.
        const loc = { line: 0, column: 0 }
        const data = { line: comment.loc.start.line }
        const [names, reason] = directive === "@ts-expect-error" ? ["", rest] : rest.split(/\s--\s/)
        if (reason === undefined || reason.trim() === "") context.report({ loc, messageId: "undescribed", data })
        if (directive !== "@ts-expect-error" && names.trim() === "") context.report({ loc, messageId: "unnamed", data })
      }
    }
  })
}

// ---------------------------------------------------------------------------------------------------------------------
// The plugin
// ---------------------------------------------------------------------------------------------------------------------

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
      "effects are run in main.ts alone",
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
