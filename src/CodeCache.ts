/**
 * Loads the program's files with the code that V8 made of them the last time, on bare node. Compiling was a third of the
 * 600 ms that `opentl list` took; with the cache, what it takes beyond an empty process is about half. Node has this
 * built in from 22.8 on; this does it on 20, too, and keeps what was compiled while the command ran.
 *
 * A cache is kept below the data directory, which is the user's own: whoever may write there is trusted already. It
 * belongs to one file, one version of V8 and one set of its flags; one that fits no more, is damaged or cannot be
 * written is as good as none.
 */
import { createHash } from "node:crypto"
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { cachedDataVersionTag } from "node:v8"
import { constants, Script } from "node:vm"

/** The value, or `undefined` if it cannot be had. */
const attempt = <A>(get: () => A): A | undefined => {
  try {
    return get()
  } catch {
    return undefined
  }
}

const user = process.getuid?.()

/** Whether this is a directory, and no link to one, into which only the user can have put something. */
const isPrivate = (directory: string): boolean => {
  const found = lstatSync(directory, { throwIfNoEntry: false })
  return found === undefined || found.isDirectory() && found.uid === user && (found.mode & 0o022) === 0
}

/** Where caches are kept: below a data directory that exists and is the user's. What is kept is run, so it has to be, too. */
export const cacheBelow = (dataDir: string): string | undefined =>
  attempt(() => {
    const cache = join(dataDir, "cache")
    return statSync(dataDir).uid === user && isPrivate(cache) ? cache : undefined
  })

/** V8 itself checks little more than the source's length. */
const seal = (source: Uint8Array, code: Uint8Array): Buffer =>
  createHash("sha256").update(`${cachedDataVersionTag()} ${process.arch}\n`).update(source).update(code).digest()

const sealLength = 32

const read = (file: string, source: Uint8Array): Buffer | undefined => {
  const kept = attempt(() => readFileSync(file))
  const code = kept?.subarray(sealLength)
  return code !== undefined && kept?.subarray(0, sealLength).equals(seal(source, code)) === true ? code : undefined
}

interface Compiled {
  readonly name: string
  readonly source: Uint8Array
  readonly script: Script
}

/** What caches are called, those that were never finished included; other files in the directory are somebody else's. */
const cacheName = /\.cjs(\.\d+)?$/

/** Writes caches, and removes those of files that the program no longer has. */
const write = (directory: string, cache: string, compiled: ReadonlyArray<Compiled>): void => {
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  const files = new Set(readdirSync(directory))
  for (const name of readdirSync(cache)) {
    if (cacheName.test(name) && !files.has(name)) rmSync(join(cache, name), { force: true })
  }
  for (const { name, script, source } of compiled) {
    const code = script.createCachedData()
    const aside = join(cache, `${name}.${process.pid}`)
    writeFileSync(aside, Buffer.concat([seal(source, code), code]), { mode: 0o600, flag: "wx" })
    renameSync(aside, join(cache, name))
  }
}

/** Runs a CommonJS file of this directory, and the files beside it that it requires; returns its exports. */
export const makeLoader = (directory: string, cache: string | undefined) => {
  const require = createRequire(join(directory, "main.js"))
  const modules = new Map<string, { exports: unknown }>()
  const compiled: Array<Compiled> = []

  const load = (name: string): unknown => {
    const known = modules.get(name)
    if (known !== undefined) return known.exports
    const filename = join(directory, name)
    const source = readFileSync(filename)
    const cachedData = cache === undefined ? undefined : read(join(cache, name), source)
    const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
      filename,
      cachedData,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
    })
    if (cachedData === undefined || script.cachedDataRejected === true) compiled.push({ name, source, script })
    const module: { exports: unknown } = { exports: {} }
    modules.set(name, module)
    const requires = (id: string): unknown => id.startsWith("./") ? load(id.slice(2)) : require(id)
    script.runInThisContext()(module.exports, requires, module, filename, directory)
    return module.exports
  }

  return {
    load,
    /** Keeps the code of what was loaded without a cache. For the process's end, when what a command needs is known. */
    keep: (): void => {
      if (cache !== undefined && compiled.length > 0) attempt(() => write(directory, cache, compiled))
    }
  }
}
