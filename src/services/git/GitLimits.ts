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

/** The command prefix that applies the limits. */
export const prlimit = ({ addressSpace, cpu, file, memory, openFiles }: GitLimits): ReadonlyArray<string> => [
  "prlimit",
  `--data=${memory}`,
  `--as=${addressSpace}`,
  `--cpu=${cpu}`,
  `--fsize=${file}`,
  `--nofile=${openFiles}`,
  "--core=0",
  "--"
]

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

/** The limit that ended git, in words, from its stderr; undefined if it failed for another reason. */
export const exceeded = ({ cpu, file, memory }: GitLimits, stderr: string): string | undefined => {
  if (/died of signal (SIGXCPU|SIGKILL|24\b|9\b)/.test(stderr)) return `it takes more than ${cpu} seconds to read`
  if (/died of signal (SIGXFSZ|25\b)|file too large/i.test(stderr)) return `it unpacks to more than ${size(file)}`
  return /out of memory|cannot allocate memory|mmap failed|memory exhausted|malloc|died of signal (SIGSEGV|SIGABRT|SIGBUS|11\b|6\b|7\b)/i
      .test(stderr)
    ? `it takes more than ${size(memory)} of memory to read`
    : undefined
}
