/**
 * `relay.mjs [--limit COST] [--silence MILLIS] [--stdin FILE] -- COMMAND [ARGUMENT…]`
 * `relay.mjs --wait`
 *
 * Runs an untrusted command and passes its output on with markers escaped (see MarkerEscape.ts). Stdout and stderr
 * share one pipe, so the order of writing is kept; a slow reader slows the command. Exits with the command's exit code,
 * or 128 plus the signal's number.
 *
 * With a limit, the command is ended once its output costs more, counted as on the host: one per byte, and 64 more per
 * line. The host decides in the end (a command can bypass the relay); this keeps the log limited while nobody follows
 * it.
 *
 * The relay ends with the command. Only while another process still has the output open does it wait for more, until
 * there was none for a while (`--silence`, 500 ms).
 *
 * With `--wait` it starts before it is known what to run, and reads that from its stdin (see StartRequest.ts). If stdin ends
 * before that, so does the relay.
 */
import { type ChildProcess, spawn, type SpawnOptions, spawnSync } from "node:child_process"
import { closeSync, constants as files, mkdtempSync, openSync, rmSync } from "node:fs"
import { Socket } from "node:net"
import { constants as system, devNull, tmpdir } from "node:os"
import { join } from "node:path"
import { escape, finish, initial } from "./MarkerEscape.ts"
import * as StartRequest from "./StartRequest.ts"

const killAfterMillis = 5_000
/** After the command's end its pipe holds at most this much: anything beyond comes from a surviving process. */
const pipeCapacity = 1024 * 1024
const defaultSilenceMillis = 500

const lineCost = 64
const lineFeed = 10

const usage =
  "usage: relay.mjs --wait, or relay.mjs [--limit COST] [--silence MILLIS] [--stdin FILE] -- COMMAND [ARGUMENT...]\n"

/** Takes an option from the front of the arguments. */
const option = (name: string, argv: ReadonlyArray<string>): readonly [string | undefined, ReadonlyArray<string>] =>
  argv[0] === name ? [argv[1], argv.slice(2)] : [undefined, argv]

const parse = (argv: ReadonlyArray<string>): Options | undefined => {
  const [limit = Infinity, afterLimit] = option("--limit", argv)
  const [silence = defaultSilenceMillis, afterSilence] = option("--silence", afterLimit)
  const [stdin, [separator, command, ...args]] = option("--stdin", afterSilence)
  return separator === "--" && command !== undefined && Number(limit) > 0 && Number(silence) >= 0
    ? { limit: Number(limit), silenceMillis: Number(silence), stdin, command, args }
    : undefined
}

const costOf = (bytes: Uint8Array): number => {
  let cost = bytes.length
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) cost += lineCost
  return cost
}

interface Pipe {
  readonly reader: number
  readonly writer: number
}

/** Opens a kernel pipe through a short-lived FIFO: node's own pipes are sockets, on which `> /dev/stderr` fails. */
const openPipe = (): Pipe => {
  const directory = mkdtempSync(join(tmpdir(), "relay-"))
  const path = join(directory, "output")
  const made = spawnSync("mkfifo", ["-m", "600", path], { stdio: "ignore" })
  if (made.status !== 0) {
    rmSync(directory, { recursive: true })
    throw new Error(`relay: cannot make a pipe in ${directory}`)
  }
  const reader = openSync(path, files.O_RDONLY | files.O_NONBLOCK)
  const writer = openSync(path, files.O_WRONLY)
  rmSync(directory, { recursive: true })
  return { reader, writer }
}

const signalGroup = (child: ChildProcess, signal: NodeJS.Signals) => {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group is gone already.
  }
}

interface Options {
  readonly limit: number
  readonly silenceMillis: number
  readonly stdin: string | undefined
  readonly command: string
  readonly args: ReadonlyArray<string>
}

/** Where and with what environment the command runs, if not as the relay itself does. */
type Surroundings = Pick<SpawnOptions, "cwd" | "env">

const relay = (options: Options, pipe: Pipe, surroundings: Surroundings) => {
  const stdin = openSync(options.stdin ?? devNull, "r")
  const child = spawn(options.command, options.args, {
    ...surroundings,
    stdio: [stdin, pipe.writer, pipe.writer],
    detached: true
  })
  closeSync(stdin)
  closeSync(pipe.writer)
  const output = new Socket({ fd: pipe.reader, readable: true, writable: false })

  let state = initial
  let ended = false
  let afterExit = 0
  let cost = 0
  let silence: NodeJS.Timeout | undefined

  const pass = (parts: ReadonlyArray<Uint8Array>) =>
    parts.map((part) => process.stdout.write(part)).every((ready) => ready)

  const awaitSilence = () => {
    clearTimeout(silence)
    // the end of the output is often known before the command's exit
    if (output.destroyed) return
    const timer = setTimeout(() => {
      // on a busy machine the time may be up before the pipe was read
      setImmediate(() => {
        if (silence === timer) output.destroy()
      })
    }, options.silenceMillis)
    silence = timer
  }

  const isHeard = () => {
    clearTimeout(silence)
    silence = undefined
  }

  const onExit = (code: number) => {
    ended = true
    process.exitCode = code
    signalGroup(child, "SIGKILL")
    // Processes that left the group may hold the pipe open forever.
    if (!output.isPaused()) awaitSilence()
  }

  output.on("data", (chunk) => {
    isHeard()
    const step = escape(state, chunk)
    state = step.state
    const ready = pass(step.output)
    cost += costOf(chunk)
    if (cost > options.limit) {
      signalGroup(child, "SIGKILL")
      output.destroy()
      return
    }
    if (ended) {
      afterExit += chunk.length
      if (afterExit > pipeCapacity) {
        output.destroy()
        return
      }
    }
    if (!ready) {
      output.pause()
    } else if (ended) awaitSilence()
  })
  process.stdout.on("drain", () => {
    output.resume()
    if (ended) awaitSilence()
  })
  output.on("close", () => {
    isHeard()
    pass(finish(state))
  })
  child.on("exit", (code, signal) => onExit(code ?? 128 + (signal === null ? 0 : system.signals[signal])))
  child.on("error", (error) => {
    process.stdout.write(`relay: cannot run ${JSON.stringify(options.command)}: ${error.message}\n`)
    onExit(127)
  })

  const stop = (signal: NodeJS.Signals) => {
    signalGroup(child, signal)
    setTimeout(() => signalGroup(child, "SIGKILL"), killAfterMillis).unref()
  }
  process.on("SIGTERM", () => stop("SIGTERM"))
  process.on("SIGINT", () => stop("SIGINT"))
  process.on("SIGHUP", () => stop("SIGHUP"))
  // The reader is gone: end like a process that writes to a closed pipe, and end the command.
  process.stdout.on("error", () => {
    signalGroup(child, "SIGKILL")
    process.exit(128 + system.signals.SIGPIPE)
  })
}

const begin = (args: ReadonlyArray<string>, open: () => Pipe, surroundings: Surroundings) => {
  const options = parse(args)
  if (options === undefined) {
    process.stderr.write(usage)
    process.exitCode = 64
  } else relay(options, open(), surroundings)
}

const awaitRequest = () => {
  const pipe = openPipe()
  StartRequest.fromStdin(process.stdin, ({ args, directory, environment }) => {
    begin(args, () => pipe, { cwd: directory, env: environment })
  })
}

const args = process.argv.slice(2)
if (args.length === 1 && args[0] === "--wait") awaitRequest()
else begin(args, openPipe, {})
