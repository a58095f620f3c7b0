// What a case makes is given back at its end, however it ends: newest first, each whatever becomes of the others.

import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { killWithin } from "./processes.mjs"

export const makeScope = () => {
  const finalizers = []
  let closing

  const add = (finalizer) => {
    if (closing !== undefined) throw new Error("the benchmark is ending")
    finalizers.push(finalizer)
  }

  const close = async () => {
    while (finalizers.length > 0) {
      const finalizer = finalizers.pop()
      await Promise.resolve().then(finalizer).catch((error) => process.stderr.write(`bench: ${error.message}\n`))
    }
  }

  return {
    /** Has a function called at the end. */
    add,
    /** A directory that is there until the end. Its path is short: a unix socket's may have 107 bytes. */
    directory: () => {
      const path = mkdtempSync(join(tmpdir(), "opentl-bench-"))
      add(() => {
        killWithin(path)
        rmSync(path, { recursive: true, force: true, maxRetries: 5 })
      })
      return path
    },
    close: () => closing ??= close()
  }
}
