/**
 * The content of a binary file in a patch. Text that is not UTF-8 and text with a NUL are binary to git, so what would be
 * pushed in such a file is scanned too.
 */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Zlib from "node:zlib"
import type { PatchSection } from "../../domain/Patch.ts"

/** In bytes: larger files are not scanned. */
const maxBytes = 4 * 1024 * 1024

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
const digits = new Map(Array.from(alphabet, (character, digit) => [character, digit]))

/** A line's first character is its number of bytes: A to Z for 1 to 26, a to z for 27 to 52. */
const lengthOf = (character: string): number => {
  const code = character.charCodeAt(0)
  return code >= 97 ? code - 70 : code - 64
}

/** Decodes a line: each five digits of base 85 are four bytes. */
const bytesOf = (line: string): Buffer => {
  const bytes = Buffer.alloc(Math.ceil((line.length - 1) / 5) * 4)
  for (let at = 1, to = 0; at < line.length; at += 5, to += 4) {
    let value = 0
    for (const character of line.slice(at, at + 5)) value = value * 85 + (digits.get(character) ?? 0)
    bytes.writeUInt32BE(value % 2 ** 32, to)
  }
  return bytes.subarray(0, lengthOf(line))
}

const literal = /^GIT binary patch\nliteral (\d{1,15})\n/

/** The text in a new version that the patch contains whole; none if it is too large, or only its difference is there. */
export const text = (section: PatchSection): Effect.Effect<Option.Option<string>> => {
  const content = section.text.slice(section.header.length)
  const opened = literal.exec(content)
  if (opened === null || Number(opened[1]) > maxBytes) return Effect.succeedNone
  const end = content.indexOf("\n\n", opened[0].length)
  const lines = content.slice(opened[0].length, end < 0 ? undefined : end).split("\n").filter((line) => line !== "")
  return Effect.async<Option.Option<string>>((resume) => {
    Zlib.inflate(
      Buffer.concat(lines.map(bytesOf)),
      { maxOutputLength: maxBytes },
      (error, bytes) => resume(error === null ? Effect.succeedSome(readable(bytes)) : Effect.succeedNone)
    )
  })
}

/** Without NULs, so that UTF-16 reads as text where it is ASCII. */
const readable = (bytes: Buffer): string => bytes.toString("latin1").replaceAll("\0", "")
