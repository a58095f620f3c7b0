/** Checks this machine: Node, git, the data directory and its owner, the disk, the network. */
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { AppConfig } from "../../services/config/AppConfig.ts"
import { currentOwner } from "../../services/config/DataDirectory.ts"
import { type DoctorCheck, fail, ok, request, type Verdict, warn } from "./DoctorCheck.ts"

const output = (command: string, ...args: ReadonlyArray<string>) =>
  Effect.map(Command.string(Command.make(command, ...args)), (text) => text.trim())

/** Whether a version such as "20.19.1" is at least `wanted`. */
export const atLeast = (version: string, wanted: ReadonlyArray<number>): boolean => {
  const parts = version.split(".").map(Number)
  const differing = wanted.findIndex((part, i) => (parts[i] ?? 0) !== part)
  return differing === -1 || (parts[differing] ?? 0) > (wanted[differing] ?? 0)
}

// eslint-disable-next-line house/no-process -- no service tells the version of the running Node
const nodeVersion = Effect.sync(() => process.versions.node)

/** The oldest supported Node: `engines` in package.json. */
const leastNode = [20, 18, 1]
/** The supported major releases that no longer get security fixes. */
const unmaintained: ReadonlySet<string> = new Set(["20", "21", "23", "25"])

export const nodeVerdict = (version: string): Verdict => {
  const [major = ""] = version.split(".")
  if (!atLeast(version, leastNode)) {
    return fail(`Node ${version} is too old`, `install Node 24, or at least ${leastNode.join(".")}`)
  }
  return unmaintained.has(major)
    ? warn(`Node ${version} is out of maintenance and gets no more security fixes`, "install Node 24")
    : ok(`Node ${version}`)
}

const node: DoctorCheck = { name: "node", run: Effect.map(nodeVersion, nodeVerdict) }

const git: DoctorCheck = {
  name: "git",
  run: output("git", "--version").pipe(
    Effect.map((text) => {
      const version = /([0-9]+\.[0-9]+[0-9.]*)/.exec(text)?.[1] ?? "0"
      return atLeast(version, [2, 30])
        ? ok(`git ${version}`)
        : warn(`git ${version} is old`, "install git 2.30 or newer")
    }),
    Effect.catchAll(() => Effect.succeed(fail("git was not found", "install git and put it on the PATH")))
  )
}

/** The directory itself, or the nearest one above it that exists. */
const nearest = (directory: string): Effect.Effect<string, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const parent = path.dirname(directory)
    const exists = yield* Effect.orElseSucceed(fs.exists(directory), () => false)
    return exists || parent === directory ? directory : yield* nearest(parent)
  })

const dataDirectory: DoctorCheck = {
  name: "data directory",
  run: Effect.gen(function*() {
    const { dataDir } = yield* AppConfig
    const fs = yield* FileSystem.FileSystem
    const existing = yield* nearest(dataDir)
    const what = existing === dataDir ? dataDir : `${dataDir} (created at the first start)`
    return yield* fs.access(existing, { readable: true, writable: true }).pipe(
      Effect.as(ok(what)),
      Effect.orElseSucceed(() =>
        fail(`${existing} is not writable`, "set OPENTL_DATA_DIR to a directory that you can write to")
      )
    )
  })
}

const mebibytes = 1024
/** In KiB, the unit of df. */
const little = 5 * 1024 * mebibytes
const tooLittle = 512 * mebibytes

const size = (kibibytes: number): string => `${(kibibytes / 1024 / 1024).toFixed(1)} GiB free`

const disk: DoctorCheck = {
  name: "disk",
  run: Effect.gen(function*() {
    const { dataDir } = yield* AppConfig
    const directory = yield* nearest(dataDir)
    const text = yield* output("df", "-Pk", directory)
    const free = Number(/^.*\s(\d+)\s+\d+%\s/.exec(text.split("\n").at(-1) ?? "")?.[1] ?? Number.NaN)
    if (Number.isNaN(free)) return warn("the free space cannot be read", "make sure that a few GiB are free")
    const mend = `free some space under ${directory}, or set OPENTL_DATA_DIR`
    return free < tooLittle ? fail(size(free), mend) : free < little ? warn(size(free), mend) : ok(size(free))
  }).pipe(Effect.catchTags({
    BadArgument: () => Effect.succeed(warn("the free space cannot be read", "make sure that a few GiB are free")),
    SystemError: () => Effect.succeed(warn("the free space cannot be read", "make sure that a few GiB are free"))
  }))
}

/** Whether a server answers, and how to fix it if not. */
const health = (url: string, who: string, mend: string) =>
  Effect.match(request(HttpClientRequest.get(`${url.replace(/\/+$/, "")}/health`)), {
    onSuccess: ({ status }) =>
      status === 200 ? ok(`${url}${who}`) : fail(`${url} responded with status ${status}`, mend),
    onFailure: (reason) => fail(`${url}: ${reason}`, mend)
  })

/** The server that the commands would use: the named one, else the owner of the data directory. */
const server: DoctorCheck = {
  name: "server",
  run: Effect.gen(function*() {
    const config = yield* AppConfig
    if (Option.isSome(config.server)) {
      return yield* health(config.server.value, "", "start it, or change --server or OPENTL_SERVER")
    }
    const owner = yield* currentOwner(config.dataDir)
    if (Option.isNone(owner)) return ok("no server runs on this data directory; commands run embedded")
    const { kind, pid, url } = owner.value
    if (url !== undefined) {
      return yield* health(url, ` (process ${pid})`, `check the server's log, or end process ${pid}`)
    }
    return kind === "embedded"
      ? ok(`a command is working on this data directory (process ${pid})`)
      : warn(`the server (process ${pid}) is not listening yet`, "wait a moment")
  })
}

const registry = "https://registry.npmjs.org"

const network: DoctorCheck = {
  name: "network",
  run: Effect.gen(function*() {
    const { egress } = yield* AppConfig
    if (egress === "none") return ok("sandboxes have no network access (OPENTL_EGRESS=none)")
    return yield* request(HttpClientRequest.get(`${registry}/-/ping`)).pipe(
      Effect.as(ok(`${registry} is reachable`)),
      Effect.catchAll((reason) =>
        Effect.succeed(
          warn(
            `${registry}: ${reason}`,
            "agents cannot install packages: open the network, or allow a mirror with OPENTL_EGRESS_ALLOW"
          )
        )
      )
    )
  })
}

export const hostChecks: ReadonlyArray<DoctorCheck> = [node, git, dataDirectory, disk, server, network]
