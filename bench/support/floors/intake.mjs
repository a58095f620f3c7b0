// The least that accepting a session can cost: `node:http`, the body parsed, one prepared transaction that writes a row and
// an event, with the durability of the program's database (WAL, `synchronous` as the driver has it).
//
//   node intake.mjs DATABASE

import { randomBytes } from "node:crypto"
import { createServer } from "node:http"
import Database from "../../../scripts/support/sqlite.mjs"
import { serve } from "./serve.mjs"

const db = new Database(process.argv[2])
db.pragma("journal_mode = WAL")
db.exec(`
  CREATE TABLE sessions (id TEXT PRIMARY KEY, repo TEXT, prompt TEXT, status TEXT, position INTEGER, summary TEXT, created_at TEXT);
  CREATE INDEX sessions_by_position ON sessions (position);
  CREATE TABLE session_events (
    session_id TEXT, id INTEGER, type TEXT, data TEXT, detail TEXT, created_at TEXT, PRIMARY KEY (session_id, id)
  ) WITHOUT ROWID`)

const insertSession = db.prepare("INSERT INTO sessions VALUES (?, ?, ?, 'pending', ?, ?, ?)")
const insertEvent = db.prepare("INSERT INTO session_events VALUES (?, 1, 'status', ?, ?, ?)")
let position = 0

const create = db.transaction((id, { prompt, repo }) => {
  const now = new Date().toISOString()
  const text = JSON.stringify({ repo, prompt, status: "pending", branch: `opentl/${id}` })
  insertSession.run(id, repo, prompt, ++position, text, now)
  insertEvent.run(id, `session created on ${repo}`, text, now)
})

serve(createServer((request, response) => {
  const chunks = []
  request.on("data", (chunk) => chunks.push(chunk))
  request.on("end", () => {
    const id = randomBytes(6).toString("hex")
    create(id, JSON.parse(Buffer.concat(chunks).toString("utf8")))
    const body = JSON.stringify({ id, branch: `opentl/${id}`, status: "pending" })
    response.writeHead(201, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body)
  })
}))
