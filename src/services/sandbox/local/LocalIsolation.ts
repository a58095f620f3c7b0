/**
 * How a local run is isolated from the host, as data: the arguments of bubblewrap, the limits, the environment. Pure.
 */
import * as Arr from "effect/Array"
import type { AppConfigShape } from "../../config/AppConfig.ts"
import { runName, type RunSpec } from "../Sandbox.ts"
import * as Layout from "../SandboxLayout.ts"

/** What the machine supports. */
export interface Isolation {
  readonly bubblewrap: boolean
  /** Whether `prlimit` works in the sandbox. */
  readonly limits: boolean
}

export const none: Isolation = { bubblewrap: false, limits: false }

/** The options without isolation, best first. */
export const plainCandidates: ReadonlyArray<Isolation> = [{ bubblewrap: false, limits: true }]

/** All options, best first. */
export const candidates: ReadonlyArray<Isolation> = [
  { bubblewrap: true, limits: true },
  { bubblewrap: true, limits: false },
  ...plainCandidates
]

export const kindOf = (isolation: Isolation): string =>
  isolation.bubblewrap ? "local (bubblewrap)" : "local (no isolation)"

/** Host paths of one run. */
export interface Directories {
  readonly workspace: string
  readonly runtime: string
  readonly gateway: string
  /** For `/tmp` and `/var/tmp`: on the same disk as the workspace, and removed with the run. */
  readonly temporary: string
  /** The Node binary that runs the runtime files. */
  readonly node: string
}

const system = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]

/** Files that programs need for users, names, certificates, libraries and the time zone; no keys, no secrets. */
const settings = [
  "alternatives",
  "ca-certificates",
  "group",
  "hosts",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "localtime",
  "mime.types",
  "nsswitch.conf",
  "os-release",
  "passwd",
  "pki",
  "ssl/certs",
  "ssl/openssl.cnf",
  "timezone"
].map((name) => `/etc/${name}`)

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf("/"))

const isSystem = (path: string): boolean => system.some((directory) => path.startsWith(`${directory}/`))

/** The directories of a user's own Node: `<prefix>/bin`, and `<prefix>/lib/node_modules` for npm. */
const nodeDirectories = (node: string): ReadonlyArray<string> => {
  const bin = directoryOf(node)
  return isSystem(node) ? [] : [bin, `${directoryOf(bin)}/lib/node_modules`]
}

const readOnly = (path: string): ReadonlyArray<string> => ["--ro-bind", path, path]
const readOnlyIfThere = (path: string): ReadonlyArray<string> => ["--ro-bind-try", path, path]

/**
 * A new root with the system's programs, the workspace at its own path and nothing else from the host; separate
 * namespaces, so that loopback is the only network. It dies with its parent, the wrapper process, not with the server.
 */
const bubblewrap = ({ gateway, node, runtime, temporary, workspace }: Directories): ReadonlyArray<string> => [
  "bwrap",
  "--unshare-all",
  "--die-with-parent",
  ...["--uid", "1000", "--gid", "1000", "--hostname", "opentl"],
  ...["--cap-drop", "ALL"],
  ...system.flatMap(readOnlyIfThere),
  ...settings.flatMap(readOnlyIfThere),
  ...["--proc", "/proc", "--dev", "/dev", "--size", String(sharedMemoryBytes), "--tmpfs", "/dev/shm"],
  ...["--bind", temporary, "/tmp", "--bind", temporary, "/var/tmp"],
  ...nodeDirectories(node).flatMap(readOnlyIfThere),
  ...readOnly(runtime),
  ...["--bind", workspace, workspace],
  ...readOnly(gateway),
  // these are in memory, which nothing limits
  ...["--remount-ro", "/dev", "--remount-ro", "/"],
  ...["--chdir", workspace],
  "--"
]

const sharedMemoryBytes = 64 * 1024 ** 2

/**
 * Limits each process's private memory and file sizes, and, if they can be told from the server's, the number of
 * processes. Node reserves far more address space than it uses.
 */
const prlimit = ({ bubblewrap }: Isolation, limits: AppConfigShape["limits"]): ReadonlyArray<string> => [
  "prlimit",
  "--core=0",
  `--data=${limits.memoryBytes}`,
  `--fsize=${limits.diskBytes}`,
  ...(bubblewrap ? [`--nproc=${limits.pids}`] : [])
]

/**
 * Isolates our program that measures a run's disk use. In its own namespace it can read directories that the run closed
 * to their owner; its memory is limited.
 */
export const measure = (isolation: Isolation, command: ReadonlyArray<string>): Arr.NonEmptyReadonlyArray<string> => {
  const [program = "true", ...rest] = [
    ...(isolation.limits ? ["prlimit", "--core=0", `--as=${measuringBytes}`] : []),
    ...(isolation.bubblewrap
      ? ["bwrap", "--unshare-user", "--uid", "0", "--gid", "0", "--cap-add", "CAP_DAC_READ_SEARCH"]
        // a device of the host's cannot be opened through a mount of that namespace
        .concat(["--ro-bind", "/", "/", "--dev-bind", "/dev/null", "/dev/null", "--"])
      : []),
    ...command
  ]
  return [program, ...rest]
}

const measuringBytes = 1024 ** 3

/** A command wrapped in an isolation. */
export const isolate = (
  isolation: Isolation,
  directories: Directories,
  limits: AppConfigShape["limits"],
  command: ReadonlyArray<string>
): Arr.NonEmptyReadonlyArray<string> => {
  const [program = "true", ...rest] = [
    ...(isolation.bubblewrap ? bubblewrap(directories) : []),
    ...(isolation.limits ? prlimit(isolation, limits) : []),
    ...command
  ]
  return [program, ...rest]
}

const systemPath = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

/** The search path for programs, in a run and when testing an isolation. */
export const searchPath = (isolation: Isolation, node: string, hostPath: string): string =>
  Arr.dedupe([directoryOf(node), ...(isolation.bubblewrap ? systemPath : hostPath.split(":"))]).join(":")

/** The variable with the run's name, by which processes that left the group are found. */
export const runVariable = "OPENTL_RUN"

/** The complete environment of a run: nothing from the server's except, without isolation, the search path. */
export const environment = (
  isolation: Isolation,
  directories: Directories,
  host: { readonly path: string; readonly lang: string },
  spec: RunSpec
): Readonly<Record<string, string>> => ({
  ...spec.environment,
  PATH: searchPath(isolation, directories.node, host.path),
  LANG: host.lang,
  HOME: `${directories.workspace}/home`,
  [runVariable]: runName(spec.run),
  OPENTL_RUNTIME: directories.runtime,
  ...(isolation.bubblewrap ? { OPENTL_OWN_PROCESSES: "1" } : {}),
  OPENTL_WORKSPACE: directories.workspace,
  OPENTL_GATEWAY_SOCKET: `${directories.gateway}/${Layout.gatewaySocket}`
})
