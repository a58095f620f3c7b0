// The least that a list can cost: `node:http`, the query on its index, the rows as JSON.
//
//   node list.mjs DATABASE     a copy of the program's: indexes are made in it
//
//   GET /page  /status/STATUS  /repo/REPO  /prefix/PREFIX

import { createServer } from "node:http"
import Database from "../../../scripts/support/sqlite.mjs"
import { serve } from "./serve.mjs"

const db = new Database(process.argv[2])
db.exec(`
  CREATE INDEX bench_by_position ON sessions (position);
  CREATE INDEX bench_by_status ON sessions (status, position);
  CREATE INDEX bench_by_repo ON sessions (repo, position)`)
const columns = "id, summary, created_at, updated_at, ended_at, last_event_id"
const queries = {
  page: db.prepare(`SELECT ${columns} FROM sessions ORDER BY position DESC LIMIT 50`),
  status: db.prepare(`SELECT ${columns} FROM sessions WHERE status = ? ORDER BY position DESC LIMIT 50`),
  repo: db.prepare(`SELECT ${columns} FROM sessions WHERE repo = ? ORDER BY position DESC LIMIT 50`),
  prefix: db.prepare(`SELECT ${columns} FROM sessions WHERE id >= ? AND id < ? LIMIT 6`)
}

serve(createServer((request, response) => {
  const [, name, text = ""] = request.url.split("/")
  const value = decodeURIComponent(text)
  const parameters = { page: [], prefix: [value, `${value}g`] }[name] ?? [value]
  const body = JSON.stringify(queries[name].all(...parameters))
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body)
}))
