/** The packets that git's protocol consists of: four hexadecimal digits of length, then the data (gitprotocol-common). Pure. */
import * as Data from "effect/Data"
import * as Option from "effect/Option"

export type Packet = Data.TaggedEnum<{
  /** Text with one character per byte, and with the end of its line, if it has one. */
  Line: { readonly text: string }
  /** The end of a message. */
  Flush: {}
  /** The end of a part of a message. */
  Delimiter: {}
  /** The end of a response on a connection without a state. */
  ResponseEnd: {}
}>

export const Packet = Data.taggedEnum<Packet>()

/** How long the text of one packet may be. */
export const longestText = 65_516

const digits = 4

const withoutData = new Map<number, Packet>([
  [0, Packet.Flush()],
  [1, Packet.Delimiter()],
  [2, Packet.ResponseEnd()]
])

const encoded = Packet.$match({
  Line: ({ text }) => `${(text.length + digits).toString(16).padStart(digits, "0")}${text}`,
  Flush: () => "0000",
  Delimiter: () => "0001",
  ResponseEnd: () => "0002"
})

/** No text may be longer than `longestText`. */
export const encode = (packets: ReadonlyArray<Packet>): Uint8Array =>
  new Uint8Array(Buffer.from(packets.map((packet) => encoded(packet)).join(""), "latin1"))

/** None if the bytes are anything but whole packets. */
export const decode = (bytes: Uint8Array): Option.Option<ReadonlyArray<Packet>> => {
  const all = Buffer.from(bytes).toString("latin1")
  const packets = new Array<Packet>()
  for (let at = 0; at < all.length;) {
    const size = all.slice(at, at + digits)
    if (!/^[0-9a-fA-F]{4}$/.test(size)) return Option.none()
    const length = Number.parseInt(size, 16)
    const packet = withoutData.get(length)
    const end = packet === undefined ? at + length : at + digits
    if (end < at + digits || end > all.length || length > longestText + digits) return Option.none()
    packets.push(packet ?? Packet.Line({ text: all.slice(at + digits, end) }))
    at = end
  }
  return Option.some(packets)
}
