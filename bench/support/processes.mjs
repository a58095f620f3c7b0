// What Linux tells of a process, and programs that are run to their end.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"

/** The kernel counts processor time in these, on every machine that node runs on. */
const ticksPerSecond = 100

/** Processor time of a process and of its children that were waited for, in seconds. */
export const cpuSeconds = (pid) => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Resident memory in bytes. */
export const rssBytes = (pid) =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024

/** How many descriptors it has open. */
export const handles = (pid) => readdirSync(`/proc/${pid}/fd`).length

/** Runs a program to its end and returns what it printed; rejects with that where it fails. */
export const run = async (command, args, options = {}) => {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, ...options })
  const out = []
  const err = []
  child.stdout.on("data", (chunk) => out.push(chunk))
  child.stderr.on("data", (chunk) => err.push(chunk))
  const [code, signal] = await once(child, "close")
  const text = Buffer.concat(out).toString("utf8")
  if (code === 0) return text
  throw new Error(`${command} ${args.join(" ")} ended with ${code ?? signal}: ${Buffer.concat(err).toString("utf8")}`)
}

/** The milliseconds that a promise's work takes, and its result. */
export const timed = async (work) => {
  const startedAt = performance.now()
  const result = await work()
  return { millis: performance.now() - startedAt, result }
}

/** Asks again until the answer is something; fails with the sentence after so many milliseconds. */
export const until = async (what, ask, { every = 20, within = 120_000 } = {}) => {
  const endsAt = performance.now() + within
  for (;;) {
    const found = await ask()
    if (found !== undefined && found !== false) return found
    if (performance.now() > endsAt) throw new Error(`${what} did not happen within ${within / 1000} s`)
    await sleep(every)
  }
}

/** Ends a child, softly first, and waits until it is gone. */
export const end = async (child, { within = 15_000 } = {}) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, "exit")
  child.kill("SIGTERM")
  const timer = setTimeout(() => child.kill("SIGKILL"), within)
  await closed
  clearTimeout(timer)
}

/** Kills what still runs of the processes whose arguments or environment name a directory of ours. */
export const killWithin = (directory) => {
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      const texts = ["environ", "cmdline"].map((file) => readFileSync(`/proc/${entry}/${file}`, "latin1"))
      if (texts.some((text) => text.includes(directory))) process.kill(Number(entry), "SIGKILL")
    } catch {
      // it has ended by itself, or is somebody else's
    }
  }
}
