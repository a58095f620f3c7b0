/** Hostile markdown: every mark in any order, nesting without an end, and what makes parsers slow. */
import * as FastCheck from "effect/FastCheck"

const unit = FastCheck.constantFrom(
  ..."*_`~#>-+|[]()<>!\\&.:1",
  "\n",
  "\n\n",
  "  ",
  "    ",
  "```\n",
  "- ",
  "1. ",
  "> ",
  "| a |\n|---|\n",
  "[x](y)",
  "<b>",
  "https://a.b",
  "ü",
  "🚀",
  "a",
  "b c",
  "\r\n",
  "\u0000"
)

/** Any markdown, well-formed or not. */
export const markdown = FastCheck.string({ unit, maxLength: 80 })

const length = 20_000
const many = (text: string): string => text.repeat(Math.floor(length / text.length))

const stairs = (mark: string): string => {
  let text = ""
  for (let depth = 0; text.length < length; depth++) text += `${" ".repeat(2 * depth)}${mark}a\n`
  return text.slice(0, length)
}

/** Texts of the length that is still read, each too much for a parser without bounds. */
export const nested: Readonly<Record<string, string>> = {
  quotations: `${many("> ")}x`,
  "quotations without spaces": `${many(">")}x`,
  "lists in a line": `${many("- ")}x`,
  "numbers in a line": `${many("1. ")}x`,
  "lists in stairs": stairs("- "),
  "quotations and lists": `${many("> - ")}x`,
  emphasis: many("*a **a "),
  "emphasis around emphasis": `${"*".repeat(length / 2 - 1)}a${"*".repeat(length / 2)}`,
  underscores: many("_a"),
  "endings of emphasis": many("a*"),
  brackets: `${"[".repeat(length / 2)}${"]".repeat(length / 2)}`,
  links: many("[a]("),
  images: many("![[]()"),
  code: Array.from({ length: 190 }, (_, ticks) => `${"`".repeat(ticks)}a`).join(""),
  tables: `${many("|a").slice(0, 6000)}\n${many("|-").slice(0, 6000)}\n${many("|b").slice(0, 6000)}`,
  "lazy quotations": many("> a\nb\n"),
  "lazy lists": many("- a\nb\n"),
  references: `${many("[a]: b\n")}[a]`,
  pages: many("<a href='"),
  comments: many("<!--"),
  addresses: many("http://"),
  "mail addresses": many("a@"),
  headings: many("a\n=\n")
}
