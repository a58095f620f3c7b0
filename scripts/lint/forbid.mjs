/** Rules that forbid a piece of syntax, told by ESLint's selectors. */

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
export const forbid = (message, ...selectors) => ({
  meta: { type: "problem", schema: [], messages: { forbidden: message } },
  create: (context) => {
    const check = (node) => {
      if (!isShadowed(context.sourceCode, node)) context.report({ node, messageId: "forbidden" })
    }
    return Object.fromEntries(selectors.map((selector) => [selector, check]))
  }
})

export const member = (object, property) => `MemberExpression[object.name="${object}"][property.name=${property}]`
