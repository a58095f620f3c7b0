/**
 * What a person writes to a bot: a task with flags anywhere in it. Pure. A platform's edge first makes its markup plain
 * (links as their URL, people as @name, code in backticks); here flags are taken out and the rest is kept as written.
 *
 * @example
 * parse("fix the login --repo acme/app --approve\nand add a test")
 * // { prompt: "fix the login\nand add a test", repo: "acme/app", approve: true, plan: false }
 */
export interface RequestText {
  readonly prompt: string
  readonly repo: string | undefined
  readonly agent: string | undefined
  readonly model: string | undefined
  readonly base: string | undefined
  /** Wait for the plan's approval. */
  readonly approve: boolean
  /** Plan only. */
  readonly plan: boolean
}

/** Phones turn two hyphens into a dash. A value follows `=` or white space; quotes of any kind around it go. */
const flag =
  /(?<before>^|\s)(?:--|[\u2014\u2013])(?:(?<name>repo|agent|model|base)(?:=|[ \t]+)["'\u201c\u2018]?(?<value>[^\s"'\u201d\u2019]+)["'\u201d\u2019]?|(?<bare>approve|plan))(?=\s|$)/gu

/** Code spans and blocks, in which a flag is text. */
const code = /```[\s\S]*?```|`[^`\n]*`/g

/** The parts of a text outside and inside of code, in order. */
const segments = (text: string): ReadonlyArray<{ readonly isCode: boolean; readonly text: string }> => {
  const parts: Array<{ readonly isCode: boolean; readonly text: string }> = []
  let from = 0
  for (const match of text.matchAll(code)) {
    parts.push({ isCode: false, text: text.slice(from, match.index) }, { isCode: true, text: match[0] })
    from = match.index + match[0].length
  }
  return [...parts, { isCode: false, text: text.slice(from) }]
}

/** `owner/name` out of a GitHub URL; anything else as it is. */
export const repositoryName = (text: string): string => {
  const [, owner, name] =
    /^(?:https?:\/\/)?(?:www\.)?github\.com\/([^/\s]+)\/([^/\s#?]+?)(?:\.git)?(?:[/?#].*)?$/i.exec(text) ?? []
  return owner === undefined || name === undefined ? text : `${owner}/${name}`
}

/** Takes the flags out of a text without code; `keep` is told of each. */
const withoutFlags = (text: string, keep: (name: string, value: string) => void): string => {
  let rest = ""
  let from = 0
  for (const match of text.matchAll(flag)) {
    const { bare, before, name, value } = match.groups ?? {}
    // a line break before the flag stays, a space goes with it
    rest += text.slice(from, match.index) + (before === "\n" ? "\n" : "")
    from = match.index + match[0].length
    keep(bare ?? name ?? "", value ?? "")
  }
  return rest + text.slice(from)
}

/** Reads a request. The last of several equal flags counts. */
export const parse = (text: string): RequestText => {
  const flags = new Map<string, string>()
  const prompt = segments(text).map((segment) =>
    segment.isCode ? segment.text : withoutFlags(segment.text, (name, value) => flags.set(name, value))
  ).join("")
  const repo = flags.get("repo")
  return {
    prompt: prompt.trim(),
    repo: repo === undefined ? undefined : repositoryName(repo),
    agent: flags.get("agent"),
    model: flags.get("model"),
    base: flags.get("base"),
    approve: flags.has("approve"),
    plan: flags.has("plan")
  }
}
