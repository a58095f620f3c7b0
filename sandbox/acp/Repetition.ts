/**
 * A model's answer that breaks off is asked for again by the agent, which then streams the text from its beginning once
 * more. This takes the repetition out: a new part that begins as the whole message did is held back as long as it goes
 * on like it. If it comes as far as the message had come, it was said before and is dropped; if it goes another way, it
 * was no repetition and is passed on.
 */

/** A repetition shorter than this may well be meant. In characters. */
const shortest = 8

/** What is compared first, in characters: comparing with all of a long message takes as long as the message. */
const compared = 64

export interface Heard {
  /** The message so far, without repetitions. */
  readonly text: string
  /** Its first characters. */
  readonly beginning: string
  /** What may become a repetition. */
  readonly held: string
}

export const nothing: Heard = { text: "", beginning: "", held: "" }

const withMore = ({ beginning, text }: Heard, part: string): Heard => ({
  text: text + part,
  beginning: beginning.length < compared ? (beginning + part).slice(0, compared) : beginning,
  held: ""
})

const isBeginning = (text: string, said: string): boolean => text.startsWith(said) || said.startsWith(text)

/** Hears a part of the message; returns what of it is new. Only where a part begins can the message begin again. */
export const hear = (heard: Heard, part: string): readonly [Heard, string] => {
  const { beginning, held, text } = heard
  const said = held + part
  const isAgain = text.length >= shortest && part !== "" && isBeginning(beginning, said.slice(0, compared)) &&
    isBeginning(text, said)
  if (isAgain) {
    const rest = said.slice(text.length)
    return said.length < text.length ? [{ ...heard, held: said }, ""] : [withMore(heard, rest), rest]
  }
  if (held === "") return [withMore(heard, part), part]
  // what was held is new, and this part may be the beginning in its place
  const [after, more] = hear(withMore(heard, held), part)
  return [after, held + more]
}

/** The message is over: returns what was held back after all. A full second telling was dropped before. */
export const end = (heard: Heard): readonly [Heard, string] => [withMore(heard, heard.held), heard.held]
