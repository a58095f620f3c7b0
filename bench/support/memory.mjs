// What a server with the probe still holds once garbage is collected.

import { existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { until } from "./processes.mjs"

/** Bytes after a collection: `held` (heap and buffers) and `rss`. */
export const settledMemory = async (server) => {
  const file = join(server.dataDir, "memory.json")
  rmSync(file, { force: true })
  process.kill(server.pid, "SIGUSR2")
  await until("an answer of the probe", () => existsSync(file))
  const { external, heapUsed, rss } = JSON.parse(readFileSync(file, "utf8"))
  return { held: heapUsed + external, rss }
}
