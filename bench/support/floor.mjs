// Starts the servers of `floors/`: what the same work costs without the program.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { inRoot } from "../../scripts/support/project.mjs"
import { end } from "./processes.mjs"

/** Starts a floor's server; resolves when it listens. It ends with this process, too. */
export const startFloor = async (name, ...args) => {
  const child = spawn(process.execPath, [inRoot("bench/support/floors", `${name}.mjs`), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true
  })
  const [line] = await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(() => {
      throw new Error(`the floor ${name} did not start`)
    })
  ])
  return { ...JSON.parse(line), token: "none", pid: child.pid, stop: () => end(child) }
}
