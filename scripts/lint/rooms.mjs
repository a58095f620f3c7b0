/** Rooms: imports only run to the left. */
import { dirname, relative, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..")

/**
 * What a room may import beside itself; an entry is a room, or a pattern of files. `test`, the scripts and the
 * configuration files import what they need.
 */
const rooms = {
  "src/domain": [],
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
    /^package\.json$/,
    { only: /^src\/cli\/(Serve|Embedded)[A-Za-z]*\.ts$/, may: /^src\/App\.ts$/ }
  ],
  "src/App.ts": ["src/domain", "src/services", "src/actors", "src/http", "src/bots"],
  "src/index.ts": ["src/domain", "src/services", "src/actors", "src/http", "src/bots", "src/App.ts"],
  "src/InProcess.ts": ["src/domain", "src/services", "src/actors", "src/cli", "src/App.ts"],
  "src/ReadOnly.ts": ["src/services", "src/actors"],
  "src/parts.ts": ["src/actors", "src/http", "src/cli", "src/InProcess.ts", "src/ReadOnly.ts"],
  "src/main.ts": ["src/cli", "src/parts.ts"],
  "sandbox": ["src/domain"]
}

const isIn = (room, file) => file === room || file.startsWith(`${room}/`)

const mayImport = (allowed, from, to) =>
  allowed.some((entry) =>
    typeof entry === "string" ?
      isIn(entry, to) :
      entry instanceof RegExp ?
      entry.test(to) :
      entry.only.test(from) && entry.may.test(to)
  )

const posix = (path) => path.split(sep).join("/")

export const roomsRule = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      direction:
        "{{from}} must not import {{to}}: imports only run domain <- services <- actors <- http, cli, bots <- App"
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
      if (!isIn(room, to) && !mayImport(rooms[room], from, to)) {
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
