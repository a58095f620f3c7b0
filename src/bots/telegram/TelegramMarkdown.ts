/** The markdown that models write (plans, answers), as far as a chat can show it. Pure; `Markdown` keeps it within bounds. */
import * as Markdown from "../../services/support/Markdown.ts"
import { code, cut, type Mark, pre, type Rich, text } from "../../services/support/RichText.ts"
import { shorten } from "../../services/telegram/TelegramText.ts"

/** A bold text stays bold whatever is marked in it. */
const within = (outer: Mark, inner: Mark): Mark => outer === "plain" ? inner : outer

const marks = { Strong: "bold", Emphasis: "italic", Deleted: "strike" } as const satisfies Record<string, Mark>

/** A link is shown with its address: its words alone could say anything. */
const address = (shown: Rich, url: string): Rich => {
  const words = shown.map((span) => span.text).join("")
  return url === "" || url === words || url === `mailto:${words}` ? [] : [text(` (${url})`)]
}

const inline = (content: ReadonlyArray<Markdown.Inline>, mark: Mark = "plain"): Rich =>
  content.flatMap((part): Rich => {
    switch (part._tag) {
      case "Text":
        return [{ mark, text: part.text }]
      case "Break":
        return [{ mark, text: "\n" }]
      case "Code":
        return [code(part.text)]
      case "Link": {
        const shown = inline(part.content, mark)
        return [...shown, ...address(shown, part.url)]
      }
      case "Image": {
        const shown = [{ mark, text: part.text }]
        return [...shown, ...address(shown, part.url)]
      }
      default:
        return inline(part.content, part._tag === "Strong" ? "bold" : within(mark, marks[part._tag]))
    }
  })

/** Each line but the first begins with this; code keeps its lines as they are. */
const indented = (rich: Rich, before: string): Rich =>
  rich.map((span) => span.mark === "pre" ? span : { ...span, text: span.text.replaceAll("\n", `\n${before}`) })

const bullet = (start: number | undefined, index: number, isChecked: boolean | undefined): string =>
  `${start === undefined ? "•" : `${start + index}.`} ${isChecked === undefined ? "" : isChecked ? "☑ " : "☐ "}`

const block = (shown: Markdown.Block): Rich => {
  switch (shown._tag) {
    case "Paragraph":
      return inline(shown.content)
    case "Heading":
      return inline(shown.content, "bold")
    case "CodeBlock":
      return [pre(`${shown.text}\n`)]
    case "Quote":
      return [text("> "), ...indented(blocks(shown.blocks, "\n\n"), "> ")]
    case "List": {
      const { isLoose, items, start } = shown
      const gap = isLoose ? "\n\n" : "\n"
      return separated(
        items.map((item, index): Rich => [
          text(bullet(start, index, item.isChecked)),
          ...indented(blocks(item.blocks, gap), "   ")
        ]),
        gap
      )
    }
    case "Table":
      return [pre(`${shown.source}\n`)]
    case "Rule":
      return [text("———")]
    case "Verbatim":
      return [text(shown.text)]
  }
}

const separated = (parts: ReadonlyArray<Rich>, gap: string): Rich =>
  parts.flatMap((part, index): Rich => index === 0 ? part : [text(gap), ...part])

const blocks = (all: ReadonlyArray<Markdown.Block>, gap: string): Rich => separated(all.map(block), gap)

/** Headings, bold, italic and code are shown as such, items have a bullet or their number; what Telegram lacks is plain. */
export const fromMarkdown = (markdown: string): Rich =>
  blocks(Markdown.read(cut(markdown, Markdown.longestText)), "\n\n")

/** The same in at most so many code units, and `note` where something was left out. */
export const shortened = (markdown: string, limit: number, note: Rich): Rich => {
  const shown = fromMarkdown(markdown)
  const short = shorten(shown, limit)
  return short === shown && markdown.length <= Markdown.longestText ? shown : [...short, ...note]
}
