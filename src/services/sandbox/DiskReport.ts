/** Parses the output of `sandbox/disk.sh`. Pure. */
import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import type { DiskUse, FreeSpace } from "./DiskLimit.ts"

const numbers = (words: ReadonlyArray<string>): Option.Option<ReadonlyArray<number>> =>
  words.every((word) => /^\d{1,20}$/.test(word)) ? Option.some(words.map(Number)) : Option.none()

/** Of the program `stat` for a file system: what `freeSpace` parses. `disk.sh` has the same. */
export const freeSpaceFormat = "free %S %a %b %d %c"

/** `free <block size> <blocks free> <blocks in all> <files free> <files in all>` */
export const freeSpace = (line: string): Option.Option<FreeSpace> => {
  const [word, ...rest] = line.split(" ")
  return word !== "free" ? Option.none() : Option.flatMap(numbers(rest), (values) => {
    const [block, free, total, files, totalFiles] = values
    return block === undefined || free === undefined || total === undefined || files === undefined ||
        totalFiles === undefined
      ? Option.none()
      : Option.some({ bytes: free * block, totalBytes: total * block, files, totalFiles })
  })
}

/** `<KiB>\t<directory>`, as du prints it. */
const directory = (line: string): Option.Option<number> =>
  Option.map(Option.fromNullable(/^(\d{1,20})\t/.exec(line)), ([, amount]) => Number(amount))

const tagged = (lines: ReadonlyArray<string>, tag: string): ReadonlyArray<string> =>
  Arr.filterMap(lines, (line) => line.startsWith(`${tag} `) ? Option.some(line.slice(tag.length + 1)) : Option.none())

const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)

/**
 * `open <links> <blocks> <block size> <device> <inode>`: the bytes of files that are deleted but still open, each
 * counted once.
 */
const deletedBytes = (lines: ReadonlyArray<string>): number => {
  const devices = new Set(tagged(lines, "device"))
  const files = new Map(Arr.filterMap(tagged(lines, "open"), (line) => {
    const [links, blocks, size, device = "", inode] = line.split(" ")
    return links === "0" && devices.has(device)
      ? Option.some([`${device}:${inode}`, Number(blocks) * Number(size)] as const)
      : Option.none()
  }))
  return sum([...files.values()].filter(Number.isFinite))
}

/** Parses a complete report about `directories` directories; none if it is truncated or malformed. */
export const diskUse = (text: string, directories: number): Option.Option<DiskUse> => {
  const lines = text.split("\n")
  const sizes = Arr.filterMap(lines, directory)
  const files = Arr.filterMap(tagged(lines, "files"), directory)
  return !lines.includes("end") || sizes.length !== directories || files.length !== directories
    ? Option.none()
    : Option.some({
      bytes: sum(sizes) * 1024 + deletedBytes(lines),
      files: sum(files),
      isWhole: !lines.includes("hidden")
    })
}
