/**
 * When a model's name means a model of a price list. A price never fits a model that only shares the beginning of its
 * name: `o1-pro` is not `o1`, and costs ten times as much. Pure.
 */

/** What routers and SDKs put before a model's name, each followed by a slash. Any other prefix is part of the name. */
const prefixes: ReadonlySet<string> = new Set(["anthropic", "azure", "litellm", "openai", "openrouter", "vertex_ai"])

/** What may follow a model's name without making another model of it: a date, or a word for the newest snapshot. */
const snapshot = /[-@](?:20\d{6}|20\d\d-\d\d-\d\d|latest|default)$/

const withoutPrefix = (name: string): string => {
  const at = name.indexOf("/")
  return at !== -1 && prefixes.has(name.slice(0, at)) ? withoutPrefix(name.slice(at + 1)) : name
}

/** A name as it is compared: without case and provider's prefix, `5.1` written as `5-1`. */
export const normal = (name: string): string =>
  withoutPrefix(name.trim().toLowerCase()).replace(/(?<=\d)\.(?=\d)/g, "-")

/** The names under which a model may be listed, the exact one first. */
export const candidates = (name: string): ReadonlyArray<string> => {
  const exact = normal(name)
  const base = exact.replace(snapshot, "")
  return base === exact ? [exact] : [exact, base]
}

/** The entry of a list, by normal names, that a model's name means. */
export const find = <A>(list: ReadonlyMap<string, A>, name: string): A | undefined => {
  for (const candidate of candidates(name)) {
    const found = list.get(candidate)
    if (found !== undefined) return found
  }
  return undefined
}
