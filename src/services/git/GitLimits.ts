/** The limits for git processes that read what a sandbox made. Pure. */
import type * as Duration from "effect/Duration"

/** Limits per process. */
export interface GitLimits {
  /**
   * Private memory, in bytes. Packs and their indexes are memory-mapped and not included, so that large repositories
   * work.
   */
  readonly memory: number
  /** Memory and mapped files together, in bytes. */
  readonly addressSpace: number
  /** Processor time, in seconds. */
  readonly cpu: number
  /** The size of a file that it writes, in bytes. */
  readonly file: number
  readonly openFiles: number
  /** Wall-clock time, for a call with all its processes. */
  readonly time: Duration.DurationInput
}

const gibibyte = 1024 ** 3

export const limits: GitLimits = {
  memory: gibibyte,
  addressSpace: 4 * gibibyte,
  cpu: 120,
  file: 2 * gibibyte,
  openFiles: 1024,
  time: "10 minutes"
}

/** Starts a program within limits. */
export interface Limiter {
  /** A program. */
  readonly program: (command: ReadonlyArray<string>) => ReadonlyArray<string>
  /** Lines for the shell, which gets the arguments as `$1` and so on. */
  readonly script: (lines: string, args: ReadonlyArray<string>) => ReadonlyArray<string>
}

const shell = (lines: string, args: ReadonlyArray<string>) => ["sh", "-c", lines, "sh", ...args]

/** By the shell itself, which is the smallest program that can. Memory is in KiB there, and a file's size in 512 bytes. */
export const byShell = ({ addressSpace, cpu, file, memory, openFiles }: GitLimits): Limiter => {
  const limits = [
    `ulimit -d ${Math.ceil(memory / 1024)}`,
    `ulimit -v ${Math.ceil(addressSpace / 1024)}`,
    `ulimit -t ${cpu}`,
    `ulimit -f ${Math.ceil(file / 512)}`,
    `ulimit -n ${openFiles}`,
    "ulimit -c 0"
  ].join(" && ")
  return {
    program: (command) => shell(`${limits} && exec "$@"`, command),
    script: (lines, args) => shell(`${limits} || exit\n${lines}`, args)
  }
}

/** Where the shell cannot. */
export const byPrlimit = ({ addressSpace, cpu, file, memory, openFiles }: GitLimits): Limiter => {
  const program = (command: ReadonlyArray<string>) => [
    "prlimit",
    `--data=${memory}`,
    `--as=${addressSpace}`,
    `--cpu=${cpu}`,
    `--fsize=${file}`,
    `--nofile=${openFiles}`,
    "--core=0",
    "--",
    ...command
  ]
  return { program, script: (lines, args) => program(shell(lines, args)) }
}

/** Where neither can. */
export const none: Limiter = { program: (command) => command, script: shell }

/**
 * Configuration that keeps git within the limits: packs are mapped in pieces, one thread works, large files are not
 * compared line by line.
 */
export const limitedConfig = `[safe]
	directory = *
[core]
	bigFileThreshold = 16m
	packedGitWindowSize = 32m
	packedGitLimit = 128m
	deltaBaseCacheLimit = 64m
[pack]
	threads = 1
	windowMemory = 64m
[diff]
	renameLimit = 400
`

const size = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`

/** How a shell says that a signal has ended what it ran: SIGABRT, SIGBUS, SIGKILL, SIGSEGV, SIGXCPU, SIGXFSZ. */
const signalOf = (exitCode: number): string =>
  [6, 7, 9, 11, 24, 25].includes(exitCode - 128) ? `died of signal ${exitCode - 128}` : ""

/** The limit that ended git, in words, from how it ended; undefined if it failed for another reason. */
export const exceeded = (
  { cpu, file, memory }: GitLimits,
  { exitCode, stderr: said }: { readonly exitCode: number; readonly stderr: string }
): string | undefined => {
  const stderr = `${said}\n${signalOf(exitCode)}`
  if (/died of signal (SIGXCPU|SIGKILL|24\b|9\b)/.test(stderr)) return `it takes more than ${cpu} seconds to read`
  if (/died of signal (SIGXFSZ|25\b)|file too large/i.test(stderr)) return `it unpacks to more than ${size(file)}`
  return /out of memory|cannot allocate memory|mmap failed|memory exhausted|malloc|died of signal (SIGSEGV|SIGABRT|SIGBUS|11\b|6\b|7\b)/i
      .test(stderr)
    ? `it takes more than ${size(memory)} of memory to read`
    : undefined
}
