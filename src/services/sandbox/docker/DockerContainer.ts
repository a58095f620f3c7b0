/** A run's container as data: its name, labels, limits and mounts, and the files put into it. Pure. */
import * as Option from "effect/Option"
import type { SessionId } from "../../../domain/Ids.ts"
import type { AppConfigShape } from "../../config/AppConfig.ts"
import type { RunId } from "../Sandbox.ts"
import type { InstanceId } from "../SandboxInstance.ts"
import * as Layout from "../SandboxLayout.ts"
import { diskScript as diskFile, entrypoint } from "../SandboxRuntime.ts"
import { TarEntry } from "../Tar.ts"
import * as ContainerNetwork from "./ContainerNetwork.ts"
import type { ContainerInfo, ContainerSpec } from "./DockerSchema.ts"
import * as RunInputs from "./RunInputs.ts"

export const workspace = "/workspace"
/** Owned by root: the user inside can only read it. */
export const ours = "/opt/opentl"
/** The runtime files, mounted. */
export const runtime = `${ours}/runtime`
const gateway = "/run/opentl"
/** The repository's objects, mounted. A workspace refers to them here, so the path never changes. */
const objects = `${ours}/objects`
/** The file that stores why a run was ended by its limits. */
export const endedFile = `${ours}/ended.json`

export const diskScript = `${runtime}/${diskFile}`

/** Overrides everything in the image's or the container's environment that could decide what a measurement runs. */
export const cleanEnvironment = ["PATH=/usr/bin:/bin", "LD_PRELOAD=", "LD_LIBRARY_PATH=", "ENV=", "BASH_ENV="]

/** The unprivileged user inside; it owns the workspace. */
const user = 1000
export const owner = `${user}:${user}`
export const root = 0

/** The name of a session's volume. */
export const volumeName = (session: SessionId): string => `opentl-${session}`

/** The name of the container through which a session's volume is inspected. It is never started. */
export const probeName = (session: SessionId): string => `${volumeName(session)}-probe`

/** The name of the container that measures a session's volume. */
export const measuringName = (session: SessionId): string => `${volumeName(session)}-disk`

export const sessionLabel = "opentl.session"

/** The labels of every container and volume of a session in this installation. */
export const sessionLabels = (session: SessionId, instance: InstanceId) => ({
  [sessionLabel]: session,
  ...instanceLabels(instance)
})

export const instanceLabels = (instance: InstanceId) => ({ "opentl.instance": instance })

export const runLabels = (run: RunId, instance: InstanceId) => ({
  ...sessionLabels(run.sessionId, instance),
  "opentl.turn": String(run.turn),
  "opentl.round": String(run.round)
})

type Settings = Pick<AppConfigShape, "docker" | "egress" | "limits">

/** The label with the first line of a run's log. */
const logHeadLabel = "opentl.log-head"

/** The first line of a run's log, if it has one: runs of earlier versions have none. */
export const logHeadOf = (info: ContainerInfo): Option.Option<string> =>
  Option.fromNullable(info.config?.labels?.[logHeadLabel])

/**
 * Output is read from the log after a crash, so it is one file, kept completely up to a size that no round within its
 * limit reaches: for each counted byte the engine writes at most six (`\u0001` for a control character, 75 bytes around
 * a line). A larger log starts over, without its first line.
 */
const logging = (outputBytes: number): ContainerSpec["host"]["logging"] => ({
  driver: "json-file",
  options: { mode: "blocking", "max-size": String(8 * outputBytes + killMargin), "max-file": "1", compress: "false" }
})

/** How much a round may log beyond its limit before it is noticed and killed, in bytes. */
const killMargin = 32 * 1024 ** 2

/** Directories of the host that are mounted into a container, read-only. */
export interface HostDirectories {
  readonly runtime: string
  readonly gateway?: string
  readonly objects?: string
}

/** A container of the session. */
const container = (settings: Settings, network: ContainerNetwork.ContainerNetwork, options: {
  readonly session: SessionId
  readonly labels: Readonly<Record<string, string>>
  readonly command: ReadonlyArray<string>
  readonly environment: Readonly<Record<string, string>>
  readonly directories: Partial<HostDirectories>
  /** Whether the workspace is the container's own, and ends with it. */
  readonly hasOwnWorkspace?: boolean
}): ContainerSpec => ({
  image: settings.docker.image,
  command: options.command,
  environment: Object.entries(options.environment).map(([name, value]) => `${name}=${value}`),
  labels: options.labels,
  user: owner,
  workingDirectory: workspace,
  networkDisabled: network.isDisabled,
  host: {
    memoryBytes: settings.limits.memoryBytes,
    memoryAndSwapBytes: settings.limits.memoryBytes,
    nanoCpus: Math.round(settings.limits.cpus * 1e9),
    pidsLimit: settings.limits.pids,
    ulimits: [
      { name: "fsize", soft: settings.limits.diskBytes, hard: settings.limits.diskBytes },
      { name: "core", soft: 0, hard: 0 }
    ],
    sharedMemoryBytes: 64 * 1024 ** 2,
    droppedCapabilities: ["ALL"],
    securityOptions: ["no-new-privileges"],
    networkMode: network.mode,
    init: true,
    mounts: [
      ...(options.hasOwnWorkspace === true
        ? []
        : [{ type: "volume", source: volumeName(options.session), target: workspace, readOnly: false } as const]),
      // connecting to a socket requires write permission on the socket only, not on the mount
      ...mounted(options.directories.gateway, gateway),
      ...mounted(options.directories.runtime, runtime),
      ...mounted(options.directories.objects, objects),
      ...hostsOf(network, options.directories)
    ],
    logging: logging(settings.limits.outputBytes),
    restartPolicy: { name: "no" }
  }
})

const hostsOf = ({ hosts }: ContainerNetwork.ContainerNetwork, { runtime }: Partial<HostDirectories>) =>
  hosts === undefined || runtime === undefined ? [] : mounted(`${runtime}/${hosts}`, "/etc/hosts")

const mounted = (source: string | undefined, target: string): ContainerSpec["host"]["mounts"] =>
  source === undefined ? [] : [{ type: "bind", source, target, readOnly: true }]

/** The container of a run, which waits for its inputs. `logHead` is the first line of its log. */
export const runContainer = (settings: Settings, instance: InstanceId, logHead: string, spec: {
  readonly run: RunId
  readonly directories: HostDirectories
  /** What its OPENTL_AGENT will probably be. */
  readonly expectedAgent?: string | undefined
  /** After how many seconds of waiting it ends; never if absent. */
  readonly waitSeconds?: number
}): ContainerSpec =>
  container(settings, ContainerNetwork.configured(settings), {
    session: spec.run.sessionId,
    labels: { ...runLabels(spec.run, instance), [logHeadLabel]: logHead },
    command: ["bash", `${runtime}/${entrypoint}`],
    environment: {
      ...fixedEnvironment(settings, spec),
      ...(spec.expectedAgent === undefined ? {} : { OPENTL_EXPECTED_AGENT: spec.expectedAgent }),
      ...(spec.waitSeconds === undefined ? {} : { OPENTL_LONGEST_WAIT: String(spec.waitSeconds) })
    },
    directories: spec.directories,
    hasOwnWorkspace: spec.run.checks !== undefined
  })

/** The part of a run's environment that nobody else decides. */
export const fixedEnvironment = (
  settings: Settings,
  { directories, run }: { readonly run: RunId; readonly directories: Pick<HostDirectories, "objects"> }
): Readonly<Record<string, string>> => ({
  OPENTL_RUNTIME: runtime,
  OPENTL_OWN_PROCESSES: "1",
  OPENTL_WORKSPACE: workspace,
  OPENTL_OUTPUT_LIMIT: String(settings.limits.outputBytes),
  OPENTL_GATEWAY_SOCKET: `${gateway}/${Layout.gatewaySocket}`,
  OPENTL_INPUTS: `${gateway}/${RunInputs.nameOf(run)}`,
  ...(directories.objects === undefined ? {} : { OPENTL_REMOTE_OBJECTS: objects })
})

/** The container that is only inspected. */
export const probeContainer = (settings: Settings, instance: InstanceId, session: SessionId): ContainerSpec =>
  container(settings, ContainerNetwork.configured(settings), {
    session,
    labels: sessionLabels(session, instance),
    command: ["true"],
    environment: {},
    directories: {}
  })

/**
 * The container that measures a session's workspace when the agent no longer runs. It runs only our script, as a root
 * user whose only capability is to read everything: directories can be closed even to their owner.
 */
export const measuringContainer = (
  settings: Settings,
  instance: InstanceId,
  session: SessionId,
  directories: HostDirectories
): ContainerSpec => {
  const spec = container(settings, ContainerNetwork.none, {
    session,
    labels: sessionLabels(session, instance),
    command: ["/bin/sh", diskScript, "used", workspace],
    environment: {},
    directories: { runtime: directories.runtime }
  })
  const host = { ...spec.host, addedCapabilities: ["DAC_READ_SEARCH"] }
  return { ...spec, environment: cleanEnvironment, user: `${root}:${root}`, workingDirectory: "/", host }
}

/** The workspace of the user inside, to be unpacked at `/` where the image has none. */
export const workspaceOfUser: ReadonlyArray<TarEntry> = [
  TarEntry.Directory({ path: workspace.slice(1), mode: 0o755, owner: user })
]

/** The label of images that were built from our Dockerfile. Their workspace belongs to the user inside. */
export const imageLabel = "opentl.image"

/** The file that marks a run as ended by its limits, to be unpacked at `/`. */
export const endedMark = (text: string): ReadonlyArray<TarEntry> => [
  TarEntry.Text({ path: endedFile.slice(1), mode: 0o444, owner: root, text })
]

/** Whether a container is a run, rather than the remains of a crash between its creation and its start. */
export const wasStarted = (info: ContainerInfo): boolean => info.state.status !== "created"

export const isRunning = (info: ContainerInfo): boolean => info.state.status === "running"

/** The reason for an exit code. 137 and 143 mean that the process was killed or terminated from outside. */
export const reasonOf = (code: number, info: Option.Option<ContainerInfo>): string | undefined => {
  if (code === 0) return undefined
  if (Option.exists(info, ({ state }) => state.outOfMemory)) return "out of memory"
  return code === 137 || code === 143 || Option.isNone(info) ? "killed" : undefined
}
