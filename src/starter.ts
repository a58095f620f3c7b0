/**
 * `starter.mjs`, a program that starts others for the server. To start one, the system copies the tables of the memory of the
 * program that does it, which does nothing else meanwhile: 4 to 6 ms at the 150 MB of a server, measured, and 0.8 ms at the
 * 45 MB of this one; a session starts dozens.
 *
 * It ends with the server, and ends what it has started then.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { type FromStarter, mostUnread, type StartProgram, type ToStarter } from "./services/programs/StarterMessages.ts"

interface Running {
  readonly child: ChildProcess
  unread: number
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

const pausedBy = ({ child, unread }: Running) => {
  for (const pipe of [child.stdout, child.stderr]) {
    if (unread > mostUnread) pipe?.pause()
    else pipe?.resume()
  }
}

const start = ({ args, command, directory, environment, id, stdin }: StartProgram) => {
  const child = spawn(command, [...args], {
    cwd: directory,
    env: environment,
    detached: true,
    stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"]
  })
  const running: Running = { child, unread: 0 }
  programs.set(id, running)
  child.once("spawn", () => tell({ _tag: "Started", id, pid: child.pid ?? 0 }))
  child.once("error", (error: NodeJS.ErrnoException) => {
    if (child.pid !== undefined) return
    programs.delete(id)
    tell({ _tag: "NotStarted", id, code: error.code ?? "", message: error.message })
  })
  const forward = (from: "stdout" | "stderr") => (bytes: Uint8Array) => {
    running.unread += bytes.length
    tell({ _tag: "Output", id, from, bytes })
    if (running.unread > mostUnread) pausedBy(running)
  }
  child.stdout?.on("data", forward("stdout"))
  child.stderr?.on("data", forward("stderr"))
  child.once("exit", (code, name) => {
    // what it has left running
    if (code !== 0) signal(child, "SIGTERM")
    tell({ _tag: "Exited", id, code, signal: name })
  })
  child.once("close", () => {
    if (programs.delete(id)) tell({ _tag: "Ended", id })
  })
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
      message: error instanceof Error ? error.message : String(error)
    })
  }
}

const receive = (message: ToStarter) => {
  if (message._tag === "Start") return startOrTell(message)
  const running = programs.get(message.id)
  if (running === undefined) return
  if (message._tag === "Signal") return signal(running.child, message.signal)
  running.unread -= message.bytes
  pausedBy(running)
}

// it is the server's to end, which may need it until its own end
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => {})
process.on("message", receive)
process.on("disconnect", () => {
  for (const { child } of programs.values()) signal(child, "SIGTERM")
  process.exit()
})
tell({ _tag: "Ready" })
