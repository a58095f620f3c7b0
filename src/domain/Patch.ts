/**
 * Splits git's unified diff into sections, one per file (two if, for example, a file becomes a symbolic link). Pure, in
 * one pass.
 */

export interface PatchSection {
  /** The file's path after the change; for a deleted file, its last path. */
  readonly path: string
  /** The lines before the content: modes, names, hashes. */
  readonly header: string
  /** Header and content, to the end of its last line. */
  readonly text: string
  readonly isBinary: boolean
  /**
   * The size in bytes of a binary file after the change, if the patch tells: it does for new files and most small ones.
   */
  readonly binaryBytes: number | undefined
  /** Whether the content is complete: in a patch that was cut, the last section is not. */
  readonly isWhole: boolean
}

const opening = "diff --git "

/**
 * Within a section, each line of content is prefixed by a mark, and git quotes a line feed in a name, so a line that
 * begins like this is a header. Only LF ends a line here: other line separators may occur in a file.
 */
const starts = (patch: string): ReadonlyArray<number> => {
  const found = patch.startsWith(opening) ? [0] : []
  for (let at = patch.indexOf(`\n${opening}`); at >= 0; at = patch.indexOf(`\n${opening}`, at + 1)) found.push(at + 1)
  return found
}

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 }

/** Decodes a name that git quoted as C does: bytes over 127 in octal. */
const unquote = (name: string): string => {
  if (!name.startsWith("\"")) return name
  const encoder = new TextEncoder()
  const bytes: Array<number> = []
  for (const [, octal, escaped, plain] of name.slice(1).matchAll(/\\([0-7]{3})|\\(.)|([^\\"]+)/g)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8))
    else if (escaped !== undefined) bytes.push(escapes[escaped] ?? escaped.charCodeAt(0))
    else if (plain !== undefined) { for (const byte of encoder.encode(plain)) bytes.push(byte) }
  }
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

/** The name in a header line, if any: `+++ b/src/a.ts`. Git appends a tab to a name with a space. */
const named = (header: string, line: string, prefix: string): string | undefined => {
  const start = header.indexOf(`\n${line} `)
  if (start < 0) return undefined
  const from = start + line.length + 2
  const end = header.indexOf("\n", from)
  const name = header.slice(from, end < 0 ? undefined : end).replace(/\t$/, "")
  return name === "/dev/null" ? undefined : unquote(name).slice(prefix.length)
}

/**
 * If no other line names the file (it is binary, or only its mode changes), both names in the first line are the same.
 */
const firstName = (header: string): string => {
  const end = header.indexOf("\n")
  const names = header.slice(opening.length, end < 0 ? undefined : end)
  return names.startsWith("\"")
    ? unquote(/^"(?:[^"\\]|\\.)*"/.exec(names)?.[0] ?? names).slice(2)
    : names.slice(2, (names.length - 1) / 2)
}

const pathOf = (header: string): string =>
  named(header, "+++", "b/") ?? named(header, "---", "a/") ?? named(header, "rename to", "") ??
    named(header, "copy to", "") ?? firstName(header)

/** Where a section's content begins: after the line feed that ends its header. */
const contentStart = (text: string, mark: string): number => {
  const at = text.indexOf(`\n${mark}`)
  return at < 0 ? text.length : at + 1
}

/** Whether the hunks have as many lines as their headers announce. */
const isComplete = (content: string): boolean => {
  let old = 0
  let now = 0
  for (const line of content.split("\n")) {
    const hunk = old > 0 || now > 0 ? null : /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line)
    if (hunk !== null) {
      old = Number(hunk[1] ?? 1)
      now = Number(hunk[2] ?? 1)
    } else {
      if (line.startsWith("-") || line.startsWith(" ")) old--
      if (line.startsWith("+") || line.startsWith(" ")) now--
    }
  }
  return old <= 0 && now <= 0 && content.endsWith("\n")
}

const section = (text: string, isLast: boolean): PatchSection => {
  const hunks = contentStart(text, "@@ ")
  const binary = Math.min(contentStart(text, "GIT binary patch\n"), contentStart(text, "Binary files "))
  const start = Math.min(hunks, binary)
  const header = text.slice(0, start)
  const isBinary = binary < hunks
  const literal = isBinary
    ? /^GIT binary patch\nliteral (\d{1,15})\n/.exec(text.slice(start, start + 60))?.[1]
    : undefined
  return {
    path: pathOf(header),
    header,
    text,
    isBinary,
    binaryBytes: literal === undefined ? undefined : Number(literal),
    isWhole: isBinary || !isLast || (start === text.length ? text.endsWith("\n") : isComplete(text.slice(start)))
  }
}

/** The sections of a patch, in order. */
export const sections = (patch: string): ReadonlyArray<PatchSection> => {
  const found = starts(patch)
  return found.map((start, i) => section(patch.slice(start, found[i + 1]), i === found.length - 1))
}
