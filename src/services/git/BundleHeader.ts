/**
 * Parses the header of a bundle file ourselves, because git would read a header of any length and import whatever it
 * names. Only what one branch's commits need is allowed: a signature, the prerequisite commits, one reference. Pure.
 */
import * as Either from "effect/Either"
import type { BranchName } from "../../domain/Ids.ts"

/** In bytes. Each prerequisite commit takes about a hundred. */
export const longestHeader = 64 * 1024

/** The length in bytes of a pack's header: its mark, its version and the number of its objects. */
const packHeader = 12

/** How many bytes from the start of a file `parse` needs. */
export const bytesNeeded = longestHeader + packHeader

export interface BundleHeader {
  readonly format: "sha1" | "sha256"
  /** The commits that it builds upon. */
  readonly prerequisites: ReadonlyArray<string>
  /** The object of the one reference; only its name is known. */
  readonly tip: string
  /** The number of objects, according to the pack. */
  readonly objects: number
}

interface Lines {
  readonly format: "sha1" | "sha256"
  readonly tip: string | undefined
  readonly prerequisites: Array<string>
}

const isName = (format: Lines["format"], text: string): boolean =>
  /^[0-9a-f]+$/.test(text) && text.length === (format === "sha1" ? 40 : 64)

const shown = (text: string): string => text.slice(0, 100).replace(/[^\x20-\x7e]/g, "?")

const withLine = (state: Lines, line: string, branch: BranchName): Either.Either<Lines, string> => {
  if (line.startsWith("@")) {
    const format = line === "@object-format=sha1" ? "sha1" : line === "@object-format=sha256" ? "sha256" : undefined
    return format === undefined
      ? Either.left(`its bundle wants "${shown(line)}"`)
      : Either.right({ ...state, format })
  }
  if (line.startsWith("-")) {
    const name = line.slice(1).split(" ")[0] ?? ""
    if (!isName(state.format, name)) return Either.left("its bundle's header is malformed")
    state.prerequisites.push(name)
    return Either.right(state)
  }
  const space = line.indexOf(" ")
  const name = line.slice(0, space)
  const ref = line.slice(space + 1)
  if (space < 0 || !isName(state.format, name)) return Either.left("its bundle's header is malformed")
  if (ref !== `refs/heads/${branch}`) return Either.left(`it contains ${shown(ref)}, but only ${branch} is allowed`)
  return state.tip === undefined
    ? Either.right({ ...state, tip: name })
    : Either.left(`it contains ${branch} more than once`)
}

/** Parses a file's first `bytesNeeded` bytes (all of them if it is shorter). The one reference must be the branch. */
export const parse = (bytes: Uint8Array, branch: BranchName): Either.Either<BundleHeader, string> => {
  // one character per byte, so that positions in the text are positions in the file
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")
  const signature = /^# v[23] git bundle\n/.exec(text)
  if (signature === null) return Either.left("it does not look like a git bundle")
  let state: Lines = { format: "sha1", tip: undefined, prerequisites: [] }
  let at = signature[0].length
  for (;;) {
    const end = text.indexOf("\n", at)
    if (end < 0 && bytes.length < bytesNeeded) return Either.left("its bundle's header has no end")
    if (end < 0 || end >= longestHeader) return Either.left(`its bundle's header is longer than ${longestHeader} bytes`)
    const line = text.slice(at, end)
    at = end + 1
    if (line === "") break
    const next = withLine(state, line, branch)
    if (Either.isLeft(next)) return Either.left(next.left)
    state = next.right
  }
  if (state.tip === undefined) return Either.left("it contains no branch")
  const pack = bytes.subarray(at, at + packHeader)
  if (pack.length < packHeader || text.slice(at, at + 4) !== "PACK") return Either.left("its bundle has no pack")
  const objects = new DataView(pack.buffer, pack.byteOffset, packHeader).getUint32(8)
  return Either.right({ format: state.format, prerequisites: state.prerequisites, tip: state.tip, objects })
}
