/**
 * Processes that outlive the server. A run is identified by what it recorded at its start: the machine's boot id, its
 * process id and its start time, so that a reused process id is never mistaken for it.
 */
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Schedule from "effect/Schedule"
import * as WhileFresh from "../../support/WhileFresh.ts"
import * as ProcessStatus from "../ProcessStatus.ts"
import * as ProcessTable from "./ProcessTable.ts"

/**
 * The wrapper around a run: `sh -c <this> <name> <run directory> <command…>`. A run is started once: a second wrapper
 * finds the mark of the first and exits. It records its identity and becomes the command.
 */
export const wrapper = `
exec >/dev/null 2>&1 </dev/null
umask 022
mkdir "$1/started" || exit 0
run=$1
shift
{ cat /proc/sys/kernel/random/boot_id "/proc/$$/stat" >"$run/process.new" && mv "$run/process.new" "$run/process"; } || exit 1
exec "$@"
`

/** What the wrapper recorded about itself. */
export interface ProcessRecord extends ProcessStatus.ProcessStatus {
  readonly boot: string
}

export const parseRecord = (text: string): Option.Option<ProcessRecord> => {
  const [boot = "", line = ""] = text.split("\n")
  return Option.map(ProcessStatus.parse(line), (status) => ({ ...status, boot }))
}

const startOf = ({ startTime }: ProcessStatus.ProcessStatus): number => Number(startTime)

const poll = Schedule.spaced("25 millis")

export const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const executor = yield* CommandExecutor.CommandExecutor

  const statusOf = (pid: string | number) => ProcessStatus.read(pid)

  // this process ends with the boot
  const currentBoot = yield* WhileFresh.once(
    Effect.option(Effect.map(fs.readFileString("/proc/sys/kernel/random/boot_id"), (text) => text.trim()))
  )
  const isThisBoot = ({ boot }: ProcessRecord) => Effect.map(currentBoot, Option.contains(boot))

  /** Whether the wrapper itself is still running. */
  const isRunning = (record: ProcessRecord) =>
    Effect.zipWith(
      isThisBoot(record),
      statusOf(record.pid),
      (thisBoot, status) =>
        thisBoot && Option.exists(status, (now) => now.startTime === record.startTime && ProcessStatus.isAlive(now))
    )

  const all = Effect.map(ProcessTable.statusLines, Arr.filterMap((line) => ProcessStatus.parse(line)))

  /** The live processes of the wrapper's group. While any exist, the group's id is not reused. */
  const groupOf = Effect.fnUntraced(function*(record: ProcessRecord) {
    const leader = yield* statusOf(record.pid)
    const isOther = Option.exists(leader, (status) => status.startTime !== record.startTime)
    if (isOther || !(yield* isThisBoot(record))) return []
    return (yield* all).filter((status) => status.group === record.pid && ProcessStatus.isAlive(status))
  })

  /** The live processes with `entry` in their environment, which are younger than the wrapper that put it there. */
  const withEnvironment = Effect.fnUntraced(function*(record: ProcessRecord, entry: string) {
    const oldest = (yield* isThisBoot(record)) ? startOf(record) : 0
    const candidates = (yield* all).filter((status) => startOf(status) >= oldest)
    const found = yield* Effect.filter(candidates, ({ pid }) =>
      fs.readFileString(`/proc/${pid}/environ`).pipe(
        Effect.map((environ) => environ.split("\0").includes(entry)),
        Effect.orElseSucceed(() => false)
      ))
    return found.map(({ pid }) => String(pid))
  })

  /** Sends a signal. A target that no longer exists is not an error. */
  const signal = (name: "TERM" | "KILL", targets: ReadonlyArray<string>) =>
    Command.make("sh", "-c", `kill -s "$@" 2>/dev/null`, "kill", name, "--", ...targets).pipe(
      Command.exitCode,
      Effect.provideService(CommandExecutor.CommandExecutor, executor),
      Effect.ignoreLogged
    )

  const awaitEmpty = <E>(members: Effect.Effect<ReadonlyArray<unknown>, E>, atMost: Duration.DurationInput) =>
    members.pipe(
      Effect.repeat({ schedule: poll, until: (members) => members.length === 0 }),
      Effect.timeoutOption(atMost),
      Effect.map(Option.isSome)
    )

  /** Ends all of a run's processes: first the group, with SIGTERM before SIGKILL, then whatever left the group. */
  const kill = Effect.fn("LocalProcess.kill")(function*(record: ProcessRecord, entry: string) {
    const group = groupOf(record)
    if ((yield* group).length > 0) {
      yield* signal("TERM", [`-${record.pid}`])
      if (!(yield* awaitEmpty(group, "2 seconds"))) {
        yield* signal("KILL", [`-${record.pid}`])
        yield* awaitEmpty(group, "5 seconds")
      }
    }
    const strays = Effect.tap(
      withEnvironment(record, entry),
      (pids) => pids.length === 0 ? Effect.void : signal("KILL", pids)
    )
    yield* awaitEmpty(strays, "5 seconds")
  })

  /**
   * Asks a run to end by itself, and waits: sends SIGTERM to the oldest process of its group that runs the script
   * `program`, because what surrounds it would take it along at once.
   */
  const ask = Effect.fn("LocalProcess.ask")(
    function*(record: ProcessRecord, program: string, atMost: Duration.DurationInput) {
      const running = yield* Effect.filter(
        yield* groupOf(record),
        ({ pid }) =>
          fs.readFileString(`/proc/${pid}/cmdline`).pipe(
            Effect.map((line) => line.split("\0")[1]?.endsWith(`/${program}`) === true),
            Effect.orElseSucceed(() => false)
          )
      )
      const [oldest] = Arr.sortBy(Order.mapInput(Order.number, startOf))(running)
      if (oldest === undefined) return
      yield* signal("TERM", [String(oldest.pid)])
      yield* awaitEmpty(groupOf(record), atMost)
    }
  )

  /** Starts the wrapper in a new session and returns; it does not end with the server. */
  const launch = (options: {
    readonly name: string
    readonly directory: string
    readonly command: ReadonlyArray<string>
    readonly environment: Readonly<Record<string, string>>
    readonly workingDirectory: string
  }) =>
    Command.make("setsid", "--fork", "sh", "-c", wrapper, options.name, options.directory, ...options.command).pipe(
      Command.env(options.environment, { extendEnv: false }),
      Command.workingDirectory(options.workingDirectory),
      Command.exitCode,
      Effect.provideService(CommandExecutor.CommandExecutor, executor)
    )

  return { ask, isRunning, kill, launch } as const
})
