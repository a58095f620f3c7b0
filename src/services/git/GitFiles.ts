/** Files of a commit, by their paths. Nothing is checked out, no link is followed, and a large file costs no memory. */
import * as Effect from "effect/Effect"
import * as Crypto from "node:crypto"
import type { CommitId } from "../../domain/Ids.ts"
import { GitError } from "./Repositories.ts"
import { UntrustedGit } from "./UntrustedGit.ts"

/** A regular file in a commit. */
interface Entry {
  readonly path: string
  readonly object: string
  readonly bytes: number
}

const maxListBytes = 1024 * 1024

/** Reads `git ls-tree -l`: links, submodules and directories are left out. */
const entries = (output: string): ReadonlyArray<Entry> =>
  output.split("\0").flatMap((record) => {
    const [, object, bytes, path] = /^100\d{3} blob ([0-9a-f]+) +(\d+)\t([^]*)$/.exec(record) ?? []
    return object === undefined || path === undefined ? [] : [{ path, object, bytes: Number(bytes) }]
  })

/** Cut bytes may end within a character, which is then one that cannot be read. */
const withoutBrokenEnd = (text: string): string => text.replace(/\ufffd$/, "")

export const make = Effect.gen(function*() {
  const git = yield* UntrustedGit

  /**
   * All in one process. Between them stands a word that was chosen after the files were written, so none of them has it.
   */
  const small = Effect.fnUntraced(function*(directory: string, files: ReadonlyArray<Entry>) {
    if (files.length === 0) return new Map<string, string>()
    const word = Crypto.randomBytes(16).toString("hex")
    const objects = Array.from(new Map(files.map((file) => [file.object, file.bytes])))
    const { stdout } = yield* git.run({
      operation: "read",
      directory,
      args: ["cat-file", `--batch=${word} %(objectname)`],
      stdin: objects.map(([object]) => `${object}\n`).join(""),
      maxBytes: objects.reduce((sum, [, bytes]) => sum + bytes + 256, 0)
    })
    const texts = new Map(
      stdout.split(`${word} `).slice(1).map((part) => {
        const end = part.indexOf("\n")
        return [part.slice(0, end), part.slice(end + 1, -1).replace(/^\ufeff/, "")] as const
      })
    )
    if (texts.size === objects.length) return texts
    return yield* new GitError({ operation: "read", reason: "the repository's copy lacks a file of the commit" })
  })

  const large = ({ object }: Entry, directory: string, maxBytes: number) =>
    Effect.map(
      git.run({ operation: "read", directory, args: ["cat-file", "blob", object], maxBytes }),
      ({ stdout }) => [object, withoutBrokenEnd(stdout)] as const
    )

  const files = Effect.fnUntraced(function*(
    directory: string,
    commit: CommitId,
    paths: ReadonlyArray<string>,
    limit: number
  ): Effect.fn.Return<ReadonlyMap<string, string>, GitError> {
    const { stdout } = yield* git.run({
      operation: "read",
      directory,
      args: ["ls-tree", "-z", "-l", "--full-tree", commit, "--", ...paths],
      maxBytes: maxListBytes
    })
    const found = entries(stdout)
    const texts = yield* small(directory, found.filter(({ bytes }) => bytes <= limit))
    const cut = new Map(
      yield* Effect.forEach(found.filter(({ bytes }) => bytes > limit), (file) => large(file, directory, limit))
    )
    return new Map(
      found.flatMap(({ object, path }) => {
        const text = texts.get(object) ?? cut.get(object)
        return text === undefined ? [] : [[path, text] as const]
      })
    )
  })

  const firstPaths = Effect.fnUntraced(function*(
    directory: string,
    commit: CommitId,
    kindOf: (path: string) => string | undefined
  ): Effect.fn.Return<ReadonlyArray<string>, GitError> {
    const found = yield* git.fold<ReadonlyMap<string, string>>(
      { operation: "read", directory, args: ["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit] },
      {
        initial: new Map(),
        while: () => true,
        step: (first, paths) => {
          const more = paths.flatMap((path) => {
            const kind = kindOf(path)
            return kind === undefined || first.has(kind) ? [] : [[kind, path] as const]
          })
          // of two of one kind, the first one
          return more.length === 0 ? first : new Map([...first, ...more.reverse()])
        }
      }
    )
    return Array.from(found.values(), (path) => Buffer.from(path, "latin1").toString())
  })

  const treeEntries = (
    directory: string,
    commit: CommitId,
    isWanted: (path: string) => boolean,
    limit: number
  ): Effect.Effect<ReadonlyMap<string, string>, GitError> =>
    git.fold<Map<string, string>>(
      { operation: "read", directory, args: ["ls-tree", "-r", "-z", "--full-tree", commit] },
      {
        initial: new Map(),
        while: (found) => found.size <= limit,
        step: (found, records) => {
          for (const record of records) {
            const [, mode, object, name] = /^(\d+) \w+ ([0-9a-f]+)\t([^]*)$/.exec(record) ?? []
            if (name === undefined) continue
            const path = Buffer.from(name, "latin1").toString()
            if (isWanted(path)) found.set(path, `${mode} ${object}`)
          }
          return found
        }
      }
    )

  return { files, firstPaths, treeEntries }
})
