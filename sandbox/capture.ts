/**
 * `capture.mjs DIRECTORY LIMIT -- COMMAND [ARGUMENT…]`
 *
 * Runs a command outside of containers, where no engine stores its output. In DIRECTORY it writes `output.log`, the
 * output of the command and its children as it arrives, at most LIMIT bytes; then `exit`, the exit code, or 128 plus
 * the number of the signal. Beyond LIMIT the pipe is closed, which ends whatever prints more. On a full disk it waits
 * for space, and the command with it.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { openSync, renameSync, writeFileSync, writeSync } from "node:fs"
import { constants as system } from "node:os"
import { join } from "node:path"
import type { Readable } from "node:stream"

const retryMillis = 200
/** How long to wait for more output after the command's end: a surviving process may hold its pipe open forever. */
const silenceMillis = 500
/** How much the pipe can hold when the command ends; anything beyond comes from a process that is still running. */
const pipeCapacity = 1024 * 1024

const usage = "usage: capture.mjs DIRECTORY LIMIT -- COMMAND [ARGUMENT...]\n"

/** Retries until it succeeds: the disk may be full at the moment. */
const untilDone = (step: () => void, next: () => void) => {
  try {
    step()
  } catch {
    setTimeout(() => untilDone(step, next), retryMillis)
    return
  }
  next()
}

const capture = (directory: string, limit: number, command: string, args: ReadonlyArray<string>) => {
  const target = openSync(join(directory, "output.log"), "a")
  // one pipe for both: the order is the order of writing
  const child: ChildProcessByStdio<null, Readable, null> = spawn(
    "sh",
    ["-c", "exec \"$@\" 2>&1", "sh", command, ...args],
    { stdio: ["ignore", "pipe", "ignore"] }
  )
  const output = child.stdout
  let left = limit
  let code: number | undefined
  let afterExit = 0
  let isWriting = false
  let isOver = false
  let silence: NodeJS.Timeout | undefined

  const finish = () => {
    if (code === undefined || !isOver || isWriting) return
    const result = join(directory, "exit")
    untilDone(() => {
      writeFileSync(`${result}.new`, `${code}\n`)
      renameSync(`${result}.new`, result)
    }, () => process.exit(0))
  }

  const isHeard = () => {
    clearTimeout(silence)
    silence = undefined
  }

  const stopReading = () => {
    isHeard()
    isOver = true
    output.destroy()
    finish()
  }

  const awaitSilence = () => {
    clearTimeout(silence)
    const timer = setTimeout(() => {
      // on a busy machine the time may be up before the pipe was read
      setImmediate(() => {
        if (silence === timer) stopReading()
      })
    }, silenceMillis)
    silence = timer
  }

  output.on("data", (chunk: Uint8Array) => {
    isHeard()
    let rest = chunk.subarray(0, left)
    left -= rest.length
    if (code !== undefined) afterExit += chunk.length
    output.pause()
    isWriting = true
    untilDone(() => {
      while (rest.length > 0) rest = rest.subarray(writeSync(target, rest))
    }, () => {
      isWriting = false
      if (isOver) finish()
      else if (left === 0 || afterExit > pipeCapacity) stopReading()
      else {
        output.resume()
        if (code !== undefined) awaitSilence()
      }
    })
  })
  output.on("close", () => {
    isHeard()
    isOver = true
    finish()
  })
  const onExit = (exitCode: number) => {
    code = exitCode
    if (isOver) finish()
    else if (!isWriting) awaitSilence()
  }
  child.on("exit", (exitCode, signal) => onExit(exitCode ?? 128 + (signal === null ? 0 : system.signals[signal])))
  child.on("error", () => onExit(127))

  // The command also receives them, being in the same process group, and ends: its output is read first.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined)
}

const [directory, limit, separator, command, ...args] = process.argv.slice(2)
if (directory === undefined || !(Number(limit) > 0) || separator !== "--" || command === undefined) {
  process.stderr.write(usage)
  process.exitCode = 64
} else capture(directory, Number(limit), command, args)
