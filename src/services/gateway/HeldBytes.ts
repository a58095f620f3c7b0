/**
 * Bytes that arrived in parts, held in blocks of one size, so that a client that sends them one by one does not make us
 * keep an object for each.
 */
const blockSize = 16 * 1024

/** The bytes between two positions of the whole, without copying. */
const between = (blocks: ReadonlyArray<Uint8Array>, from: number, to: number): ReadonlyArray<Uint8Array> =>
  blocks.map((block, index) => {
    const start = index * blockSize
    return block.subarray(Math.max(0, from - start), Math.max(0, to - start))
  }).filter((part) => part.length > 0)

export class HeldBytes {
  #size = 0
  #blocks: Array<Uint8Array> = []
  #edit: { readonly start: number; readonly end: number; readonly bytes: Uint8Array } | undefined = undefined

  get size(): number {
    return this.#size + (this.#edit === undefined ? 0 : this.#edit.bytes.length - (this.#edit.end - this.#edit.start))
  }

  /** The parts to send; none after the release. */
  get parts(): ReadonlyArray<Uint8Array> {
    if (this.#edit === undefined) return between(this.#blocks, 0, this.#size)
    const { bytes, end, start } = this.#edit
    return [...between(this.#blocks, 0, start), bytes, ...between(this.#blocks, end, this.#size)]
  }

  append(bytes: Uint8Array) {
    for (let at = 0; at < bytes.length;) {
      const used = this.#size % blockSize
      if (used === 0) this.#blocks.push(new Uint8Array(blockSize))
      const part = bytes.subarray(at, at + blockSize - used)
      this.#blocks[this.#blocks.length - 1]?.set(part, used)
      this.#size += part.length
      at += part.length
    }
  }

  /** Replaces the bytes between two positions. Call once, when all have arrived. */
  replace(start: number, end: number, bytes: Uint8Array) {
    this.#edit = { start, end, bytes }
  }

  release() {
    this.#blocks = []
    this.#edit = undefined
    this.#size = 0
  }
}
