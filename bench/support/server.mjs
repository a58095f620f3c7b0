// The built program, as a user meets it: started in a data directory with an environment, reached over HTTP, stopped.

import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { removeInstance } from "../../scripts/support/engine.mjs"
import { inRoot } from "../../scripts/support/project.mjs"
import { end, killWithin, until } from "./processes.mjs"

export const program = inRoot("dist/bin/main.js")

const token = "bench-token"

/** Of this process's environment, what a program needs to run and to find Docker; no key and no setting of the user's. */
const inherited = ["PATH", "HOME", "LANG", "TMPDIR", "DOCKER_HOST"]

/** The environment of the program in a data directory. */
export const environment = (dataDir, settings = {}) => ({
  ...Object.fromEntries(
    inherited.flatMap((name) => process.env[name] === undefined ? [] : [[name, process.env[name]]])
  ),
  OPENTL_DATA_DIR: dataDir,
  OPENTL_ADDR: "127.0.0.1:0",
  OPENTL_API_TOKENS: `bench:${token}`,
  OPENTL_API_TOKEN: token,
  ...settings
})

const urlIn = (dataDir) => {
  const file = join(dataDir, "owner.json")
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).url : undefined
}

/** What a server's sandboxes are and hold: processes below the data directory, containers and volumes of the installation. */
const removeSandboxes = async (dataDir) => {
  killWithin(dataDir)
  const file = join(dataDir, "instance")
  if (existsSync(file)) await removeInstance(readFileSync(file, "utf8").trim()).catch(() => undefined)
}

/**
 * Starts a server and resolves once it says where it is reached. `flags` are node's. Its stop ends it and whatever runs in its
 * sandboxes; the data directory stays.
 */
export const startServer = async ({ dataDir, flags = [], settings }) => {
  const child = spawn(process.execPath, [...flags, program, "serve"], {
    env: environment(dataDir, settings),
    stdio: ["ignore", "ignore", "pipe"],
    // a Ctrl-C is the benchmark's to act upon
    detached: true
  })
  let log = ""
  child.stderr.on("data", (chunk) => (log = (log + chunk).slice(-10_000)))
  const stop = async () => {
    await end(child)
    await removeSandboxes(dataDir)
  }
  try {
    const url = await until("the server's start", () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended: ${log}`)
      return urlIn(dataDir)
    }, { every: 5 })
    return { url, token, pid: child.pid, dataDir, stop, log: () => log }
  } catch (error) {
    await stop()
    throw error
  }
}
