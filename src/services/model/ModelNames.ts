/**
 * Matches a model's name to the entries of a price list. A model that only shares a prefix with an entry never gets its
 * price: `o1-pro` is not `o1`, and costs ten times as much. Pure.
 */

/**
 * Prefixes that routers and SDKs put before a model's name, followed by a slash. Any other prefix is part of the name.
 */
const prefixes: ReadonlySet<string> = new Set([
  "anthropic",
  "azure",
  "gemini",
  "google",
  "litellm",
  "models",
  "openai",
  "openrouter",
  "vertex_ai"
])

/** Suffixes that do not denote a different model: a date, or a word for the newest snapshot. */
const snapshot = /[-@](?:20\d{6}|20\d\d-\d\d-\d\d|latest|default)$/

const withoutPrefix = (name: string): string => {
  const at = name.indexOf("/")
  return at !== -1 && prefixes.has(name.slice(0, at)) ? withoutPrefix(name.slice(at + 1)) : name
}

/** A normalized name for comparisons: lower-case, without the provider's prefix, with `5.1` written as `5-1`. */
export const normal = (name: string): string =>
  withoutPrefix(name.trim().toLowerCase()).replace(/(?<=\d)\.(?=\d)/g, "-")

/** The names under which a model may be listed, most exact first. */
export const candidates = (name: string): ReadonlyArray<string> => {
  const exact = normal(name)
  const base = exact.replace(snapshot, "")
  return base === exact ? [exact] : [exact, base]
}

/** The entry for a model in a list keyed by normalized names. */
export const find = <A>(list: ReadonlyMap<string, A>, name: string): A | undefined => {
  for (const candidate of candidates(name)) {
    const found = list.get(candidate)
    if (found !== undefined) return found
  }
  return undefined
}
