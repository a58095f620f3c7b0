/**
 * Formatted text as data: a list of spans, which each chat platform writes in its own markup. Pure.
 *
 * @example
 * [bold("Done."), text(" See "), link("the pull request", "https://github.com/acme/web/pull/7")]
 */

export type Mark = "plain" | "bold" | "italic" | "strike" | "code" | "pre"

export interface Span {
  readonly mark: Mark
  readonly text: string
  /** The target of a plain or bold span. */
  readonly url?: string
}

export type Rich = ReadonlyArray<Span>

export const text = (text: string): Span => ({ mark: "plain", text })
export const bold = (text: string): Span => ({ mark: "bold", text })
export const code = (text: string): Span => ({ mark: "code", text })
/** A block of code or output, on lines of its own. */
export const pre = (text: string): Span => ({ mark: "pre", text })
export const link = (text: string, url: string): Span => ({ mark: "plain", text, url })

/** The text without its markup. */
export const plain = (rich: Rich): string => rich.map((span) => span.text).join("")

/** The largest end up to `at` (UTF-16 code units) that does not split a code point. */
export const codePointEnd = (text: string, at: number): number =>
  at > 0 && at < text.length && /[\ud800-\udbff]/.test(text.charAt(at - 1)) && /[\udc00-\udfff]/.test(text.charAt(at))
    ? at - 1
    : at

/** Cuts a text to `limit` code units, without splitting a code point, with an ellipsis if something was left out. */
export const cut = (text: string, limit: number): string =>
  text.length <= limit ? text : `${text.slice(0, codePointEnd(text, Math.max(0, limit - 1)))}…`
