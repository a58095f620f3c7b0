/** Rooms: imports only run to the left. */
import { dirname, relative, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..")

/**
 * The services that a service may import beside the domain. Where one of them needs what another one has, the types go to
 * the domain and the tools to `support`. A file beside these rooms may import each of them.
 */
const services = {
  support: [],
  config: ["support"],
  store: ["config", "support"],
  forge: ["config", "support"],
  model: ["config", "support"],
  git: ["programs", "forge", "config", "support"],
  programs: [],
  sandbox: ["programs", "config", "support"],
  gateway: ["sandbox", "model", "config", "support"],
  budget: ["gateway", "model", "store", "config", "support"],
  agents: ["sandbox", "model", "config", "support"],
  slack: ["support"],
  telegram: ["support"]
}

const servicesRooms = Object.fromEntries(
  Object.entries(services).map(([name, others]) => [
    `src/services/${name}`,
    ["src/domain", ...others.map((other) => `src/services/${other}`)]
  ])
)

/**
 * What a room may import beside itself; an entry is a room, or a pattern of files. `test`, the scripts and the
 * configuration files import what they need.
 */
const rooms = {
  "src/domain": [],
  ...servicesRooms,
  "src/services": ["src/domain"],
  "src/actors": ["src/domain", "src/services"],
  "src/http": ["src/domain", "src/services", "src/actors"],
  "src/bots/shared": ["src/domain", /^src\/services\/(?!slack|telegram)/, "src/actors"],
  "src/bots/slack": ["src/domain", /^src\/services\/(?!telegram)/, "src/actors", "src/bots/shared"],
  "src/bots/telegram": ["src/domain", /^src\/services\/(?!slack)/, "src/actors", "src/bots/shared"],
  "src/bots": ["src/domain", "src/services", "src/actors"],
  "src/cli": [
    "src/domain",
    "src/services",
    "src/actors",
    /^src\/http\/Api[A-Za-z]*\.ts$/,
    /^package\.json$/
  ],
  "src/App.ts": ["src/domain", "src/services", "src/actors", "src/http", "src/bots"],
  "src/index.ts": ["src/domain", "src/services", "src/actors", "src/http", "src/bots", "src/App.ts"],
  "src/InProcess.ts": ["src/domain", "src/services", "src/actors", "src/cli", "src/App.ts"],
  "src/ReadOnly.ts": ["src/services", "src/actors"],
  "src/parts.ts": ["src/actors", "src/http", "src/cli", "src/InProcess.ts", "src/ReadOnly.ts"],
  "src/commands.ts": ["src/cli"],
  "src/start.ts": ["src/cli", "src/commands.ts", "src/parts.ts"],
  "src/main.ts": ["src/cli", "src/commands.ts", "src/CodeCache.ts"],
  "sandbox": ["src/domain"]
}

const isIn = (room, file) => file === room || file.startsWith(`${room}/`)

const mayImport = (allowed, to) => allowed.some((entry) => typeof entry === "string" ? isIn(entry, to) : entry.test(to))

const posix = (path) => path.split(sep).join("/")

export const roomsRule = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      direction:
        "{{from}} must not import {{to}}: imports only run domain <- services <- actors <- http, cli, bots <- App, " +
        "and between services as scripts/lint/rooms.mjs says"
    }
  },
  create: (context) => {
    const from = posix(relative(root, context.filename))
    const room = Object.keys(rooms).find((candidate) => isIn(candidate, from))
    if (room === undefined) return {}
    const check = (node) => {
      const source = node.source?.value
      if (typeof source !== "string" || !source.startsWith(".")) return
      const to = posix(relative(root, resolve(dirname(context.filename), source)))
      if (!isIn(room, to) && !mayImport(rooms[room], to)) {
        context.report({ node, messageId: "direction", data: { from, to } })
      }
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      TSImportType: check
    }
  }
}
