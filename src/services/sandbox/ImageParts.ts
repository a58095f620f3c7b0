/**
 * What the sandbox image gets beside its base: public agents with a node of their own, and for a base without node one with
 * npm and corepack. Parts of the build's context.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { type Cpu, entriesBelow, install } from "./ImagePackages.ts"
import { TarEntry } from "./Tar.ts"

/** The node that agents run on, and that a base without one gets. */
export const nodeVersion = "24.21.0"
const npmVersion = "11.21.2"
const corepackVersion = "0.36.0"

/** What the node of agents adds to the image, in MB. */
export const nodeMegabytes = 120

/** Where the image keeps them: the default of OPENTL_AGENTS in the sandbox. */
export const agentsDirectory = "/opt/opentl-agents"

/** A public agent for the image. */
export interface ImageAgent {
  readonly name: string
  readonly packages: ReadonlyArray<{ readonly name: string; readonly version: string }>
  /** By name; `{{cpu}}` in a file is the engine's. */
  readonly programs: Readonly<Record<string, { readonly runs: "node" | "itself"; readonly file: string }>>
}

const file = { owner: 0 }

const script = (path: string, ...words: ReadonlyArray<string>): TarEntry =>
  TarEntry.Text({ ...file, path, mode: 0o755, text: `#!/bin/sh\nexec ${words.join(" ")} "$@"\n` })

const nodePackage = (cpu: Cpu) => `node-linux-${cpu}`

/** Installs packages into a directory of their own, which lasts as long as the scope. */
const installed = Effect.fnUntraced(function*(packages: ReadonlyArray<string>, cpu: Cpu) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-image-" })
  yield* install({ packages, cpu, directory })
  return directory
})

/** The entries of an agent: its packages, and its programs in `agents/bin`. */
const agentEntries = Effect.fnUntraced(function*(agent: ImageAgent, cpu: Cpu) {
  const directory = yield* installed(agent.packages.map(({ name, version }) => `${name}@${version}`), cpu)
  const programs = Object.entries(agent.programs).map(([name, { file, runs }]) => {
    const path = `${agentsDirectory}/${agent.name}/${file.replaceAll("{{cpu}}", cpu)}`
    return script(`agents/bin/${name}`, ...(runs === "node" ? [`${agentsDirectory}/bin/node`, path] : [path]))
  })
  return [...yield* entriesBelow(directory, `agents/${agent.name}`), ...programs]
})

/** Everything of `agents/` in the context. Temporary files last as long as the scope. */
export const agents = Effect.fn("ImageParts.agents")(function*(wanted: ReadonlyArray<ImageAgent>, cpu: Cpu) {
  const path = yield* Path.Path
  const directory = TarEntry.Directory({ ...file, path: "agents", mode: 0o755 })
  if (wanted.length === 0) return [directory]
  const node = yield* installed([`${nodePackage(cpu)}@${nodeVersion}`], cpu)
  const entries = yield* Effect.forEach(wanted, (agent) => agentEntries(agent, cpu))
  return [
    directory,
    TarEntry.File({
      ...file,
      path: "agents/bin/node",
      mode: 0o755,
      source: path.join(node, "node_modules", nodePackage(cpu), "bin", "node")
    }),
    ...entries.flat()
  ]
})

/** Everything of `node/` in the context: `bin` and `lib`, for /usr/local. Temporary files last as long as the scope. */
export const node = Effect.fn("ImageParts.node")(function*(cpu: Cpu) {
  const path = yield* Path.Path
  const directory = yield* installed(
    [`${nodePackage(cpu)}@${nodeVersion}`, `npm@${npmVersion}`, `corepack@${corepackVersion}`],
    cpu
  )
  const modules = path.join(directory, "node_modules")
  const library = "/usr/local/lib/node_modules"
  return [
    TarEntry.File({
      ...file,
      path: "node/bin/node",
      mode: 0o755,
      source: path.join(modules, nodePackage(cpu), "bin", "node")
    }),
    ...yield* entriesBelow(path.join(modules, "npm"), "node/lib/node_modules/npm"),
    ...yield* entriesBelow(path.join(modules, "corepack"), "node/lib/node_modules/corepack"),
    script("node/bin/npm", "/usr/local/bin/node", `${library}/npm/bin/npm-cli.js`),
    script("node/bin/npx", "/usr/local/bin/node", `${library}/npm/bin/npx-cli.js`),
    script("node/bin/corepack", "/usr/local/bin/node", `${library}/corepack/dist/corepack.js`)
  ]
})
