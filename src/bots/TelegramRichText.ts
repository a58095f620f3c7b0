/** The markdown that models write (plans, answers, reviews), as far as a chat can show it. Pure. */
import { bold, code, pre, type Rich, type Span, text } from "./TelegramMarkdown.ts"

const marks = /\*\*(?<bold>[^*\n]+)\*\*|`(?<code>[^`\n]+)`/g

const inline = (line: string): Rich => {
  const spans: Array<Span> = []
  let from = 0
  for (const match of line.matchAll(marks)) {
    spans.push(text(line.slice(from, match.index)))
    spans.push(match.groups?.["bold"] === undefined ? code(match.groups?.["code"] ?? "") : bold(match.groups["bold"]))
    from = match.index + match[0].length
  }
  return [...spans, text(line.slice(from))]
}

const lineOf = (line: string): Rich => {
  const heading = /^#{1,6}\s+(.*)$/.exec(line)?.[1]
  if (heading !== undefined) return [bold(heading)]
  const item = /^(\s*)[-*]\s+(.*)$/.exec(line)
  return item === null ? inline(line) : [text(`${item[1] ?? ""}• `), ...inline(item[2] ?? "")]
}

/** Headings and bold text are bold, code is code, items have a bullet; all else stands as it was written. */
export const fromMarkdown = (markdown: string): Rich =>
  markdown.split(/^```[^\n]*\n?/m).flatMap((part, index) =>
    index % 2 === 1
      ? [pre(part)]
      : part.split("\n").flatMap((line, at) => at === 0 ? lineOf(line) : [text("\n"), ...lineOf(line)])
  ).filter((span) => span.text !== "")
