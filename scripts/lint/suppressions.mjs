/** Suppressions name their rule and say why. */

const suppression =
  /^\s*(eslint-disable(?:-next-line|-line)?|@effect-diagnostics(?:-next-line)?|@ts-expect-error)\b(.*)$/s

export const describedSuppressions = {
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
