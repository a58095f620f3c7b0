/**
 * A request to a bot: a task with flags anywhere in it. Pure, in linear time. A flag counts if the person typed it
 * outside code, quotations, links and names; the rest is kept as written.
 *
 * @example
 * parse(typed("fix the login --repo acme/app --approve\nand add a test"))
 * // Right({ prompt: "fix the login\nand add a test", repo: "acme/app", approve: true, plan: false })
 * parse(typed("fix it --repo")) // Left: --repo has no value
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Repository from "../../domain/Repository.ts"
import * as Quotations from "./Quotations.ts"
import { Piece, plain, type Written } from "./WrittenText.ts"

export interface RequestText {
  readonly prompt: string
  readonly repo: string | undefined
  readonly agent: string | undefined
  readonly model: string | undefined
  readonly base: string | undefined
  /** Wait for approval of the plan. */
  readonly approve: boolean
  /** Only make a plan. */
  readonly plan: boolean
}

/** A flag is malformed; nothing is started. */
export class WrongFlag extends Schema.TaggedError<WrongFlag>()("WrongFlag", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** The correct form of each flag. */
const forms = {
  repo: "--repo owner/name",
  agent: "--agent <name>",
  model: "--model <name>",
  base: "--base <branch>",
  approve: "--approve",
  plan: "--plan"
} as const
type Flag = keyof typeof forms
const isFlag = (name: string): name is Flag => Object.hasOwn(forms, name)
const takesValue = (flag: Flag): boolean => flag !== "approve" && flag !== "plan"

/** Phones turn two hyphens into a dash. */
const dashes = "(?:--|[\\u2014\\u2013])"
/** Punctuation after a flag or its value belongs to the text. */
const punctuation = ".,;:!?)"
const flags = new RegExp(`(?<!\\S)${dashes}(repo|agent|model|base|approve|plan)(?==|[${punctuation}]*(?:\\s|$))`, "giu")
const beginsFlag = new RegExp(`^${dashes}\\p{L}`, "u")
const value = /(?:=|[ \t]+)(\S+)/y
const openingQuotes = /^["'\u201c\u201e\u2018]/
const closingQuotes = /["'\u201d\u2019]$/

/** Placeholders for quotations, links and names while looking for flags. */
const quoted = "\u0001"
const reference = "\u0002"

interface Readable {
  /** The whole text. */
  readonly text: string
  /** The same text, with everything that the person did not type replaced unit by unit. */
  readonly typed: string
  /** Links and names by their start. */
  readonly references: ReadonlyMap<number, Piece & { readonly _tag: "Reference" }>
}

const cover = (text: string, mark: string): string => text.replace(/[^\n]/g, mark)

/** Replaces quotations that were typed with markdown marks. */
const coverRanges = (text: string, ranges: ReadonlyArray<Quotations.Range>): string => {
  const isCovered = new Uint8Array(text.length)
  for (const [from, to] of ranges) isCovered.fill(1, from, to)
  let covered = ""
  for (let from = 0; from < text.length;) {
    let to = from + 1
    while (to < text.length && isCovered[to] === isCovered[from]) to++
    const part = text.slice(from, to)
    covered += isCovered[from] === 1 ? cover(part, quoted) : part
    from = to
  }
  return covered
}

const readable = (written: Written): Readable => {
  const references = new Map<number, Piece & { readonly _tag: "Reference" }>()
  let at = 0
  const typed = written.map((piece) => {
    if (piece._tag === "Reference") references.set(at, piece)
    at += piece.text.length
    return Piece.$match(piece, {
      Typed: ({ text }) => text,
      Quoted: ({ text }) => cover(text, quoted),
      Reference: ({ text }) => cover(text, reference)
    })
  }).join("")
  return { text: plain(written), typed: coverRanges(typed, Quotations.ranges(typed)), references }
}

/** The end of a value, without punctuation after it. */
const endOfValue = (text: string, from: number, to: number): number => {
  let end = to
  while (end > from && punctuation.includes(text.charAt(end - 1))) end--
  return end
}

/** The value of a flag in this range, without quotation marks; empty if there is none. */
const valueAt = ({ typed, references, text }: Readable, from: number, to: number): string => {
  const shown = typed.slice(from, to)
  if (shown.includes(quoted) || beginsFlag.test(shown)) return ""
  const start = from + (openingQuotes.test(shown) ? 1 : 0)
  const end = Math.max(start, to - (closingQuotes.test(shown) ? 1 : 0))
  const link = references.get(start)
  return link !== undefined && link.text.length === end - start ? link.value : text.slice(start, end)
}

/** `owner/name` from a GitHub URL; anything else unchanged. */
export const repositoryName = (text: string): string => {
  const [, owner, name] =
    /^(?:https?:\/\/)?(?:www\.)?github\.com\/([^/\s]+)\/([^/\s#?]+?)(?:\.git)?(?:[/?#].*)?$/i.exec(text) ?? []
  return owner === undefined || name === undefined ? text : `${owner}/${name}`
}

/** The identity by which two values of a flag are compared. */
const identity = (flag: Flag, text: string): string =>
  flag !== "repo" ? text : Either.match(Repository.parse(text), {
    onLeft: () => text,
    onRight: (repository) =>
      repository._tag === "GitHub" ? Repository.show(repository).toLowerCase() : Repository.show(repository)
  })

const isSpace = (character: string): boolean => /[^\S\n\r\u2028\u2029]/.test(character)

/** Extends a flag's range by one space, the one before it if that is still there; a line break stays. */
const withSpace = (text: string, from: number, to: number, least: number): Quotations.Range =>
  from > least && isSpace(text.charAt(from - 1))
    ? [from - 1, to]
    : [from, isSpace(text.charAt(to)) ? to + 1 : to]

/** Parses a request. Fails if a known flag lacks its value or has two different ones. */
export const parse = (written: Written): Either.Either<RequestText, WrongFlag> => {
  const all = readable(written)
  const given = new Map<Flag, string>()
  const wrong = (reason: string) => Either.left(new WrongFlag({ reason }))
  let prompt = ""
  let kept = 0
  for (const match of all.typed.matchAll(flags)) {
    const name = (match[1] ?? "").toLowerCase()
    let end = match.index + match[0].length
    if (!isFlag(name)) continue
    if (takesValue(name)) {
      value.lastIndex = end
      const [found = "", token = ""] = value.exec(all.typed) ?? []
      const from = end + found.length - token.length
      end = endOfValue(all.typed, from, end + found.length)
      const raw = valueAt(all, from, end)
      if (raw === "") return wrong(`--${name} has no value: write ${forms[name]}`)
      const next = name === "repo" ? repositoryName(raw) : raw
      const before = given.get(name)
      if (before !== undefined && identity(name, before) !== identity(name, next)) {
        return wrong(`--${name} is given twice, as ${before} and as ${next}: which one?`)
      }
      given.set(name, next)
    } else {
      if (all.typed.charAt(end) === "=") return wrong(`--${name} takes no value: write ${forms[name]}`)
      given.set(name, "")
    }
    const [from, to] = withSpace(all.text, match.index, end, kept)
    prompt += all.text.slice(kept, from)
    kept = to
  }
  return Either.right({
    prompt: (prompt + all.text.slice(kept)).trim(),
    repo: given.get("repo"),
    agent: given.get("agent"),
    model: given.get("model"),
    base: given.get("base"),
    approve: given.has("approve"),
    plan: given.has("plan")
  })
}
