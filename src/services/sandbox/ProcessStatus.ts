/** What the kernel tells of a process. Source: proc_pid_stat(5). */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as SmallFiles from "../support/SmallFiles.ts"

/** More than the kernel ever writes. */
const statusBytes = 4096

/** The needed fields of `/proc/<pid>/stat`. */
export interface ProcessStatus {
  readonly pid: number
  /** `Z` and `X` mean dead. */
  readonly state: string
  readonly group: number
  /** In clock ticks since boot. */
  readonly startTime: string
}

/** Parses a status line. The program's name is in parentheses and may contain anything, including parentheses. */
export const parse = (line: string): Option.Option<ProcessStatus> => {
  const pid = Number(line.slice(0, line.indexOf(" ")))
  const [state, , group, ...rest] = line.slice(line.lastIndexOf(")") + 2).trimEnd().split(" ")
  const startTime = rest[16]
  return Number.isInteger(pid) && pid > 0 && state !== undefined && group !== undefined && startTime !== undefined
    ? Option.some({ pid, state, group: Number(group), startTime })
    : Option.none()
}

export const isAlive = ({ state }: ProcessStatus): boolean => state !== "Z" && state !== "X"

/** The status of a process of this machine, if there is one with this id. */
export const read = (pid: string | number): Effect.Effect<Option.Option<ProcessStatus>> =>
  SmallFiles.beginning(`/proc/${pid}/stat`, statusBytes).pipe(Effect.option, Effect.map(Option.flatMap(parse)))
