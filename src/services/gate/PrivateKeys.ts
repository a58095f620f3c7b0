/**
 * Private keys in their armour: RSA, EC, DSA, Ed25519, OPENSSH, ENCRYPTED and PGP, also as a string of JSON or of a program
 * (with quotes and `\n` between the lines), and without their last line. Pure.
 */
import type { Match } from "./Match.ts"

const begin = /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g

/** Enough of the longest keys. */
const maxBody = 16 * 1024

/** The shortest key is Ed25519's, of 64 characters. */
const leastCharacters = 60

/** The characters of the key itself, without headers (`Proc-Type: 4,ENCRYPTED`) and what a program puts between. */
const characters = (body: string): string =>
  (body.replace(/\b[A-Z][A-Za-z-]{1,30}: [^\n\\"']{0,200}/g, "").replace(/\\[nrt]/g, "\n").match(
    /[A-Za-z0-9+/=]{16,}/g
  ) ?? [])
    .join("")

const isKey = (text: string): boolean => text.length >= leastCharacters && new Set(text).size >= 20

export const find = (text: string): ReadonlyArray<Match> =>
  [...text.matchAll(begin)].flatMap((match) => {
    const from = match.index + match[0].length
    const body = text.slice(from, from + maxBody)
    const end = /-----(?:BEGIN|END)/.exec(body)
    const key = end === null ? body.split(/\n\s*\n(?!\S*[A-Za-z0-9+/=]{40})/)[0] ?? "" : body.slice(0, end.index)
    return isKey(characters(key))
      ? [{ rule: "private-key", start: match.index, end: from + key.length }]
      : []
  })
