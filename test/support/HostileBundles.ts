/**
 * What an attacker inside a sandbox would hand out as its result. Small to make and to send, and without end to whoever
 * reads it as if it were meant well.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Crypto from "node:crypto"
import * as Zlib from "node:zlib"
import * as Git from "./Git.ts"
import { branch, packed } from "./GitSession.ts"

/** One entry of a tree, as `git mktree` reads it. */
export const entry = (mode: "100644" | "120000" | "160000" | "040000", object: string, name: string): string =>
  `${mode} ${mode === "040000" ? "tree" : mode === "160000" ? "commit" : "blob"} ${object}\t${name}`

export const blob = (work: string, text: string) => Git.feed(work, text, "hash-object", "-w", "--stdin")

/** A file of zeros. */
export const zeros = Effect.fnUntraced(function*(work: string, bytes: number) {
  const fs = yield* FileSystem.FileSystem
  const file = `${yield* Git.temporary}/zeros`
  yield* fs.writeFileString(file, "")
  yield* fs.truncate(file, bytes)
  return yield* Git.git(work, "hash-object", "-w", "--no-filters", file)
}, Effect.orDie)

export const tree = (work: string, entries: ReadonlyArray<string>) =>
  Git.feed(work, `${entries.join("\0")}\0`, "mktree", "-z", "--missing")

/** Trees in trees, each `width` times in the next. */
export const nestedTrees = Effect.fnUntraced(function*(work: string, width: number, depth: number) {
  const file = yield* blob(work, "x\n")
  let object = yield* tree(work, [entry("100644", file, "f")])
  for (let level = 0; level < depth; level++) {
    object = yield* tree(work, Array.from({ length: width }, (_, i) => entry("040000", object, `d${i}`)))
  }
  return object
})

/** One directory in the next, each with a name of so many characters. */
export const deepTree = (work: string, depth: number, name: string) =>
  nestedDirectories(work, Array.from({ length: depth }, () => name))

const nestedDirectories = Effect.fnUntraced(function*(work: string, names: ReadonlyArray<string>) {
  // one call of git, whatever the depth
  yield* Git.feed(
    work,
    `commit refs/heads/deep\ncommitter A <a@example.org> 1 +0000\ndata 0\nM 644 inline ${
      names.join("/")
    }/f\ndata 2\nx\n`,
    "fast-import",
    "--quiet",
    "--force"
  )
  return yield* Git.git(work, "rev-parse", "deep^{tree}")
})

/** A bundle whose branch is a commit with these files on top of the start. */
export const bundleOf = Effect.fnUntraced(function*(work: string, start: string, tree: string) {
  const tip = yield* Git.git(work, "commit-tree", tree, "-p", start, "-m", "hostile")
  yield* Git.git(work, "update-ref", `refs/heads/${branch}`, tip)
  // else git looks for files with such names, and says that it cannot
  yield* Git.git(work, "config", "core.bare", "true")
  return yield* packed(work, start)
})

/** So many commits on top of the start, all with its files. */
export const manyCommits = Effect.fnUntraced(function*(work: string, start: string, count: number) {
  const commit = (i: number) =>
    `commit refs/heads/${branch}\ncommitter A <a@example.org> ${i} +0000\ndata 0\n${i === 0 ? `from ${start}\n` : ""}\n`
  yield* Git.feed(
    work,
    Array.from({ length: count }, (_, i) => commit(i)).join(""),
    "fast-import",
    "--quiet",
    "--force"
  )
  return yield* packed(work, start)
})

/** A bundle file with that header, and then with a pack of that many objects, of which none follows. */
export const headerOnly = Effect.fnUntraced(function*(header: string, objects: number, length?: number) {
  const fs = yield* FileSystem.FileSystem
  const file = `${yield* Git.temporary}/header.bundle`
  yield* fs.writeFile(file, Buffer.concat([Buffer.from(header, "latin1"), packHeader(objects)]))
  if (length !== undefined) yield* fs.truncate(file, length)
  return file
}, Effect.orDie)

const packHeader = (objects: number): Buffer => {
  const header = Buffer.from("PACK\0\0\0\u0002\0\0\0\0", "latin1")
  header.writeUInt32BE(objects, 8)
  return header
}

const types = { commit: 1, tree: 2, blob: 3, "ofs-delta": 6 } as const

/** An object as a pack has it: what it claims to be, and what is there. */
interface PackedObject {
  readonly type: keyof typeof types
  readonly size: number
  readonly content: Uint8Array
  /** Of a delta: how far before it its base begins. */
  readonly distance?: number
}

const sizeAndType = ({ size, type }: PackedObject): ReadonlyArray<number> => {
  const bytes = [(types[type] << 4) | (size % 16)]
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push((bytes.pop() ?? 0) | 0x80, rest % 128)
  }
  return bytes
}

const offset = (distance: number): ReadonlyArray<number> => {
  const bytes = [distance & 0x7f]
  for (let rest = distance >> 7; rest > 0; rest >>= 7) bytes.unshift(0x80 | (--rest & 0x7f))
  return bytes
}

const packedObject = (object: PackedObject): Buffer =>
  Buffer.concat([
    Buffer.from(sizeAndType(object)),
    Buffer.from(object.distance === undefined ? [] : offset(object.distance)),
    Zlib.deflateSync(object.content)
  ])

/** A bundle of the branch whose pack holds just these objects; `tip` is the branch's commit. */
const handMade = Effect.fnUntraced(function*(start: string, tip: string, objects: ReadonlyArray<Buffer>) {
  const fs = yield* FileSystem.FileSystem
  const body = Buffer.concat([packHeader(objects.length), ...objects])
  const header = Buffer.from(`# v2 git bundle\n-${start}\n${tip} refs/heads/${branch}\n\n`)
  const file = `${yield* Git.temporary}/hand-made.bundle`
  yield* fs.writeFile(file, Buffer.concat([header, body, Crypto.createHash("sha1").update(body).digest()]))
  return file
}, Effect.orDie)

const nameOf = (type: string, content: Buffer): string =>
  Crypto.createHash("sha1").update(`${type} ${content.length}\0`).update(content).digest("hex")

/** A commit whose one file is nowhere. */
export const missingFile = (start: string) => {
  const tree = Buffer.concat([Buffer.from("100644 absent\0"), Buffer.alloc(20, 0xff)])
  const person = "A <a@example.org> 1 +0000"
  const commit = Buffer.from(
    `tree ${nameOf("tree", tree)}\nparent ${start}\nauthor ${person}\ncommitter ${person}\n\nx\n`
  )
  return handMade(start, nameOf("commit", commit), [
    packedObject({ type: "commit", size: commit.length, content: commit }),
    packedObject({ type: "tree", size: tree.length, content: tree })
  ])
}

const varint = (value: number): ReadonlyArray<number> => {
  const bytes = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return [...bytes, rest]
}

const piece = 0xffffff

/** A blob of 16 MiB, and a few hundred bytes that say: that, so many times. */
export const deltaBomb = (start: string, times: number) => {
  const base = packedObject({ type: "blob", size: piece, content: new Uint8Array(piece) })
  const delta = Uint8Array.from([
    ...varint(piece),
    ...varint(piece * times),
    ...Array.from({ length: times }, () => [0xf0, 0xff, 0xff, 0xff]).flat()
  ])
  const bomb = packedObject({ type: "ofs-delta", size: delta.length, content: delta, distance: base.length })
  return handMade(start, start, [base, bomb])
}

/** A commit that says that it unpacks to so many bytes. */
export const inflatingCommit = (start: string, size: number) =>
  handMade(start, start, [packedObject({ type: "commit", size, content: new Uint8Array(1024) })])
