// Round a whole run of the tests (vitest's `globalSetup`): one temporary directory that everything lands in, and afterwards
// the proof that nothing was left: no file there, no container, no volume. Says once why Docker tests are skipped.

import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { get, hasImage, leftovers, noImage, testBases } from "./engine.mjs"

/** Short: paths of unix sockets below it must stay within 107 bytes. */
const prefix = "otl-"

const sandboxImage = "opentl-sandbox"

const say = (line) => process.stderr.write(`tests: ${line}\n`)

const requiresDocker = () => process.env["OPENTL_REQUIRE_DOCKER"] === "1"

/** Says once why tests are skipped that need an image. */
const checkImage = async () => {
  const bases = testBases()
  for (const image of [sandboxImage, ...bases]) if (await hasImage(image)) return
  say(`tests that need the sandbox image are skipped: ${noImage(sandboxImage, bases)}`)
}

/** What was there before the run, or nothing where there is no engine. */
const before = async () => {
  try {
    await get("/version")
    await checkImage()
    return await leftovers()
  } catch (error) {
    if (requiresDocker()) throw new Error(`OPENTL_REQUIRE_DOCKER=1, and ${error.message}`)
    say(`tests that need Docker are skipped: ${error.message}`)
    return undefined
  }
}

export const setup = async () => {
  const there = await before()
  const root = realpathSync(mkdtempSync(join(tmpdir(), prefix)))
  const previous = process.env["TMPDIR"]
  // Read by the workers' `os.tmpdir()`, and by every program that they start.
  process.env["TMPDIR"] = root
  return async () => {
    if (previous === undefined) delete process.env["TMPDIR"]
    else process.env["TMPDIR"] = previous
    const files = readdirSync(root)
    rmSync(root, { recursive: true, force: true })
    const onEngine = there === undefined ? [] : (await leftovers()).filter((name) => !there.includes(name))
    if (files.length > 0) {
      say(`left behind in the temporary directory: ${files.join(", ")}`)
      process.exitCode = 1
    }
    if (onEngine.length > 0) {
      say(`left behind on the Docker engine: ${onEngine.join(", ")}`)
      // Elsewhere they may be another's: somebody may be using the program while the tests run.
      if (requiresDocker()) process.exitCode = 1
    }
  }
}
