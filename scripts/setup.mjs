// Makes a clone ready: installs what is missing, then builds what is out of date. Plain node, needs nothing installed.
// Safe to run at any time and by several processes at once; does nothing, quickly, when there is nothing to do.

import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { withLock } from "./support/lock.mjs"
import { hashFiles, inRoot, readJson, root, sourcesHash } from "./support/project.mjs"

const leastNode = [20, 18, 1]

const say = (line) => process.stdout.write(`setup: ${line}\n`)

class SetupFailed extends Error {}

const checkNode = () => {
  const version = process.versions.node.split(".").map(Number)
  const differing = leastNode.findIndex((part, i) => version[i] !== part)
  if (differing === -1 || version[differing] > leastNode[differing]) return
  throw new SetupFailed(`node ${leastNode.join(".")} or newer is needed, this is ${process.versions.node}`)
}

/**
 * Where the headers of this very node lie, if they do: compiling against them needs no download from nodejs.org.
 * The variable is how npm hands its settings to node-gyp.
 */
const nodeHeaders = () => {
  const prefix = resolve(dirname(process.execPath), "..")
  const file = join(prefix, "include/node/node_version.h")
  if (!existsSync(file)) return {}
  const text = readFileSync(file, "utf8")
  const version = ["MAJOR", "MINOR", "PATCH"].map((part) =>
    new RegExp(`#define NODE_${part}_VERSION (\\d+)`).exec(text)?.[1]
  )
  return version.join(".") === process.versions.node ? { npm_package_config_node_gyp_nodedir: prefix } : {}
}

const npm = (...args) => {
  // The npm that started us, where one did: its configuration is the user's.
  const cli = process.env.npm_execpath
  const [command, first] = cli?.endsWith(".js") ? [process.execPath, [cli]] : ["npm", []]
  const result = spawnSync(command, [...first, ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...nodeHeaders(), ...process.env }
  })
  if (result.error?.code === "ENOENT") throw new SetupFailed("npm was not found: it comes with node")
  return result.status === 0
}

const readText = (path) => existsSync(path) ? readFileSync(path, "utf8") : undefined

// ---------------------------------------------------------------------------------------------------------------------
// Installing
// ---------------------------------------------------------------------------------------------------------------------

const stampFile = inRoot("node_modules/.opentl-setup")

/** Another lock file, or another node (compiled code fits one ABI), is another installation. */
const wantedStamp = () => `${hashFiles([inRoot("package-lock.json")])} abi ${process.versions.modules}\n`

/** From node 22 on there is a ready-made SQLite for every machine: nothing has to be compiled (see support/sqlite.mjs). */
const needsCompiler = Number(process.versions.node.split(".")[0]) < 22

/** Whether npm's own record of `node_modules` has every package of the lock file (optional ones may be missing). */
const isInstalled = () => {
  const record = inRoot("node_modules/.package-lock.json")
  if (!existsSync(record)) return false
  const installed = readJson(record).packages
  return Object.entries(readJson(inRoot("package-lock.json")).packages).every(([path, wanted]) =>
    path === "" || wanted.optional === true || installed[path]?.version === wanted.version
  )
}

const sqliteLoads = () => {
  const script = `import(${JSON.stringify(pathToFileURL(inRoot("scripts/support/sqlite.mjs")).href)})
    .then(({ default: Database }) => new Database(":memory:").close(), () => process.exit(1))`
  return spawnSync(process.execPath, ["-e", script], { cwd: root, stdio: "ignore" }).status === 0
}

const hasCompiler = () =>
  ["make", "c++", "python3"].every((tool) => spawnSync(tool, ["--version"], { stdio: "ignore" }).status === 0)

const compilerHint =
  "better-sqlite3 has no ready-made binary for this machine and must be compiled: install make, a C++ " +
  "compiler and python3 (Debian: apt-get install build-essential python3; macOS: xcode-select --install) and run this again"

const install = () => {
  const stamp = wantedStamp()
  if (readText(stampFile) === stamp) return
  if (!isInstalled()) {
    say(
      `installing packages; the first time takes a minute${
        needsCompiler ? ", longer where SQLite has to be compiled" : ""
      }`
    )
    // Not `npm ci`: it refuses a lock file without every platform's binaries, which a mirror need not have. What is
    // installed is held against the lock file below; the lock file is not written.
    if (!npm("install", "--no-save", "--no-audit", "--no-fund", ...(needsCompiler ? [] : ["--ignore-scripts"]))) {
      throw new SetupFailed(hasCompiler() ? "npm install failed, see above" : compilerHint)
    }
    if (!isInstalled()) throw new SetupFailed("npm installed other versions than package-lock.json has")
  }
  if (!sqliteLoads()) {
    say("building better-sqlite3 for this node")
    if (!npm("rebuild", "better-sqlite3") || !sqliteLoads()) {
      throw new SetupFailed(hasCompiler() ? "better-sqlite3 could not be built, see above" : compilerHint)
    }
  }
  writeFileSync(stampFile, stamp)
}

// ---------------------------------------------------------------------------------------------------------------------
// Building
// ---------------------------------------------------------------------------------------------------------------------

const isBuilt = () => readText(inRoot("dist/.sources")) === sourcesHash()

const build = async () => {
  if (isBuilt()) return
  say("building")
  // Imported here: it needs the packages.
  const { build } = await import("./build.mjs")
  mkdirSync(inRoot("dist"), { recursive: true })
  await build({ library: false })
}

/** Installs and, unless told not to, builds what is missing or out of date. */
export const setup = async (options = { build: true }) => {
  checkNode()
  if (readText(stampFile) === wantedStamp() && (!options.build || isBuilt())) return
  await withLock(
    root,
    (owner) => say(`waiting for process ${owner}, which is setting up this directory`),
    async () => {
      install()
      if (options.build) await build()
    }
  )
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  setup().catch((error) => {
    process.stderr.write(`setup: ${error instanceof SetupFailed ? error.message : error.stack}\n`)
    process.exitCode = 1
  })
}
