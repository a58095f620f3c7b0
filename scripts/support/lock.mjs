// One process at a time, across processes: a directory is made or it is not.

import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

const pollMillis = 200
/** What takes longer than this between two lines of this file was killed between them. */
const graceMillis = 5_000

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === "EPERM"
  }
}

const ownerOf = (directory) => {
  try {
    return Number(readFileSync(join(directory, "pid"), "utf8")) || undefined
  } catch {
    return undefined
  }
}

const tryAcquire = (directory) => {
  try {
    mkdirSync(directory)
  } catch (error) {
    if (error.code === "EEXIST") return false
    throw error
  }
  writeFileSync(join(directory, "pid"), String(process.pid))
  return true
}

/**
 * Removes the lock if it is still that owner's. One process at a time does so: of two that find an owner dead, the slower
 * one would remove the faster one's new lock.
 */
const removeStale = (directory, owner) => {
  const guard = `${directory}.guard`
  try {
    mkdirSync(guard)
  } catch {
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > graceMillis) rmSync(guard, { recursive: true, force: true })
    return
  }
  if (ownerOf(directory) === owner) rmSync(directory, { recursive: true, force: true })
  rmSync(guard, { recursive: true, force: true })
}

/**
 * Runs `use` while no other process does so for the same name.
 *
 * @param onWait called once, with the owner's process id, when there is something to wait for
 */
export const withLock = async (name, onWait, use) => {
  const directory = join(tmpdir(), `opentl-lock-${createHash("sha256").update(name).digest("hex").slice(0, 16)}`)
  let told = false
  let namelessSince
  while (!tryAcquire(directory)) {
    const owner = ownerOf(directory)
    if (owner === undefined) {
      namelessSince ??= Date.now()
      if (Date.now() - namelessSince > graceMillis) removeStale(directory, undefined)
    } else if (!isAlive(owner)) {
      removeStale(directory, owner)
    } else if (!told) {
      told = true
      onWait(owner)
    }
    await sleep(pollMillis)
  }
  const release = () => rmSync(directory, { recursive: true, force: true })
  process.on("exit", release)
  const onSignal = () => process.exit(130)
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal)
  try {
    return await use()
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal)
    process.off("exit", release)
    release()
  }
}
