// Loaded into a server by `node --import`: at SIGUSR2 it collects garbage and writes what memory is still held beside the data.

import { renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const file = join(process.env["OPENTL_DATA_DIR"], "memory.json")

process.on("SIGUSR2", () => {
  globalThis.gc()
  // what was freed by finalizers is collected by a second one
  setImmediate(() => {
    globalThis.gc()
    writeFileSync(`${file}.new`, JSON.stringify(process.memoryUsage()))
    renameSync(`${file}.new`, file)
  })
})
