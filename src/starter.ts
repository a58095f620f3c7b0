/**
 * `starter.mjs`, a program that starts others for the server. To start one, the system copies the tables of the memory of the
 * program that does it, which does nothing else meanwhile: 4 to 6 ms at the 150 MB of a server, measured, and 0.8 ms at the
 * 45 MB of this one; a session starts dozens.
 *
 * It ends with the server, and ends what it has started then.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import {
  type FromStarter,
  manyBytes,
  mostUnread,
  type StartProgram,
  type ToStarter
} from "./services/programs/StarterMessages.ts"

interface Running {
  readonly child: ChildProcess
  /** Output that is not told yet. */
  held: Array<Uint8Array>
  heldBytes: number
  /** Output that was told, and not read. */
  unread: number
  /** The last of what it said on stderr. */
  said: Array<Uint8Array>
  saidBytes: number
  isUnwanted: boolean
  /** Whether nobody waits for what it has left running any more. */
  isKilled: boolean
  /** Tells the end. */
  end: () => void
}

const programs = new Map<number, Running>()

const tell = (message: FromStarter) => void process.send?.(message)

const signal = ({ pid }: ChildProcess, name: NodeJS.Signals) => {
  if (pid === undefined) return
  try {
    process.kill(-pid, name)
  } catch {
    // all of its group have ended
  }
}

/** Whether one of its group still runs. */
const hasGroup = ({ pid }: ChildProcess): boolean => {
  if (pid === undefined) return false
  try {
    return process.kill(-pid, 0)
  } catch {
    return false
  }
}

const hasExited = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

/** In milliseconds. */
const lookEvery = 10

/**
 * Ends what nobody wants, and what has exited, once all of its group have: git removes its locks then. Others that hold its output
 * open are not waited for.
 */
const endUnwanted = (running: Running) => {
  if (!running.isKilled && hasGroup(running.child)) {
    // eslint-disable-next-line house/no-clock -- a program this small has nothing of Effect
    setTimeout(endUnwanted, lookEvery, running)
    return
  }
  running.child.stdout?.destroy()
  running.child.stderr?.destroy()
  running.end()
}

const heldBy = (running: Running): Uint8Array => {
  const { held } = running
  running.held = []
  running.heldBytes = 0
  return Buffer.concat(held)
}

const takeOutput = (id: number, running: Running, bytes: Uint8Array) => {
  if (running.isUnwanted) return
  running.held.push(bytes)
  running.heldBytes += bytes.length
  if (running.heldBytes < manyBytes) return
  running.unread += running.heldBytes
  tell({ _tag: "Output", id, bytes: heldBy(running) })
  if (running.unread > mostUnread) running.child.stdout?.pause()
}

const takeSaid = (running: Running, bytes: Uint8Array) => {
  running.said.push(bytes)
  running.saidBytes += bytes.length
  while (running.saidBytes - (running.said[0]?.length ?? 0) > manyBytes) {
    running.saidBytes -= running.said.shift()?.length ?? 0
  }
}

const start = ({ args, command, directory, environment, id, stdin }: StartProgram) => {
  const child = spawn(command, [...args], {
    cwd: directory,
    env: environment,
    detached: true,
    stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"]
  })
  const end = () => {
    if (!programs.delete(id)) return
    const { exitCode: code, signalCode } = child
    tell({ _tag: "Ended", id, code, signal: signalCode, output: heldBy(running), stderr: Buffer.concat(running.said) })
  }
  const running: Running = {
    child,
    held: [],
    heldBytes: 0,
    unread: 0,
    said: [],
    saidBytes: 0,
    isUnwanted: false,
    isKilled: false,
    end
  }
  programs.set(id, running)
  child.once("error", (error: NodeJS.ErrnoException) => {
    if (child.pid !== undefined) return
    programs.delete(id)
    const { code = "", message } = error
    // for the system, a program whose directory is missing is missing itself
    tell({ _tag: "NotStarted", id, code, message, hasDirectory: existsSync(directory) })
  })
  child.stdout?.on("data", (bytes: Uint8Array) => takeOutput(id, running, bytes))
  child.stderr?.on("data", (bytes: Uint8Array) => takeSaid(running, bytes))
  child.once("exit", (code) => {
    // what it has left running
    if (code !== 0) signal(child, "SIGTERM")
    if (running.isUnwanted) endUnwanted(running)
  })
  child.once("close", end)
  // a program need not read all of it
  child.stdin?.on("error", () => {})
  child.stdin?.end(stdin)
}

const startOrTell = (message: StartProgram) => {
  try {
    start(message)
  } catch (error) {
    // node throws where a name contains a zero byte
    tell({
      _tag: "NotStarted",
      id: message.id,
      code: "",
      message: error instanceof Error ? error.message : String(error),
      hasDirectory: true
    })
  }
}

const receive = (message: ToStarter) => {
  if (message._tag === "Start") return startOrTell(message)
  const running = programs.get(message.id)
  if (running === undefined) return
  if (message._tag === "Signal") {
    running.isUnwanted = true
    running.isKilled ||= message.signal === "SIGKILL"
    running.child.stdout?.resume()
    signal(running.child, message.signal)
    if (hasExited(running.child)) endUnwanted(running)
    return
  }
  running.unread -= message.bytes
  if (running.unread <= mostUnread) running.child.stdout?.resume()
}

// it is the server's to end, which may need it until its own end
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => {})
process.on("message", receive)
process.on("disconnect", () => {
  for (const { child } of programs.values()) signal(child, "SIGTERM")
  process.exit()
})
tell({ _tag: "Ready" })
