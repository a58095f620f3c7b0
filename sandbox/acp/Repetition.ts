/**
 * A model's answer that breaks off is asked for again by the agent, which then streams the text from its beginning once
 * more. This takes the repetition out: a new part that begins as the whole message did is held back as long as it goes
 * on like it. If it comes as far as the message had come, it was said before and is dropped; if it goes another way, it
 * was no repetition and is passed on.
 */

/** A repetition shorter than this may well be meant. In characters. */
const shortest = 8

export interface Heard {
  /** The message so far, without repetitions. */
  readonly text: string
  /** What may become a repetition. */
  readonly held: string
}

export const nothing: Heard = { text: "", held: "" }

const isBeginning = (text: string, said: string): boolean => text.startsWith(said) || said.startsWith(text)

/** Hears a part of the message; returns what of it is new. Only where a part begins can the message begin again. */
export const hear = ({ held, text }: Heard, part: string): readonly [Heard, string] => {
  const said = held + part
  if (text.length >= shortest && part !== "" && isBeginning(text, said)) {
    const rest = said.slice(text.length)
    return said.length < text.length ? [{ text, held: said }, ""] : [{ text: text + rest, held: "" }, rest]
  }
  if (held === "") return [{ text: text + part, held: "" }, part]
  // what was held is new, and this part may be the beginning in its place
  const [after, more] = hear({ text: text + held, held: "" }, part)
  return [after, held + more]
}

/** The message is over: returns what was held back after all. A full second telling was dropped before. */
export const end = ({ held, text }: Heard): readonly [Heard, string] => [{ text: text + held, held: "" }, held]
