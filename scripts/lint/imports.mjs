/** What is imported, and how. */

const effectPackage = /^(effect|@effect\/[a-z-]+)$/
/** Packages whose modules are namespaces; `@effect/vitest` is one module. */
const isBarrel = (source) => effectPackage.test(source) && source !== "@effect/vitest"

/** Types, and the functions of `effect/Function`, may be imported by name. */
export const deepImports = {
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

/** Calls a check with the source of every import and re-export. */
const onSource = (check) => ({
  "ImportDeclaration, ImportExpression, ExportNamedDeclaration, ExportAllDeclaration": (node) => {
    const source = node.source?.value
    if (typeof source === "string") check(node, source)
  }
})

/** Built-ins that have a service of Effect's in their place. */
const builtins = /^(node:)?(fs|fs\/promises|child_process|process|timers|timers\/promises|readline|readline\/promises)$/

export const noBuiltins = {
  meta: {
    type: "problem",
    schema: [],
    messages: { forbidden: "{{source}} has a service in its place: FileSystem, Command, Terminal, Config, Clock" }
  },
  create: (context) =>
    onSource((node, source) => {
      if (builtins.test(source)) context.report({ node, messageId: "forbidden", data: { source } })
    })
}

/** The domain is pure: Effect's data types and nothing that runs. */
export const pureDomain = {
  meta: {
    type: "problem",
    schema: [],
    messages: { forbidden: "the domain is pure: {{source}} is not" }
  },
  create: (context) =>
    onSource((node, source) => {
      if (source.startsWith(".")) return
      const isData = /^effect\/[A-Z]/.test(source) && !/^effect\/(Runtime|ManagedRuntime|FiberRef|Layer)$/.test(source)
      if (!isData) context.report({ node, messageId: "forbidden", data: { source } })
    })
}
