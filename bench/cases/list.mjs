import { copyFileSync } from "node:fs"
import { join } from "node:path"
import { closeDatabase, copySessions, openDatabase } from "../support/history.mjs"
import { timed } from "../support/processes.mjs"
import { call } from "../support/requests.mjs"
import { percentile } from "../support/statistics.mjs"

export const title =
  "a page of 50 in 100 000 sessions: the newest, by status, of a rare repository, by an id's beginning"

const rare = "acme/rare"

export const measure = async (bench) => {
  const count = bench.pick(100_000, 500)
  const waits = bench.pick(100, 60)
  const { complete, dataDir, waiting } = await bench.templates()
  const db = openDatabase(dataDir)
  const repoOf = (index) => index % Math.floor(count / 3) === 7 ? rare : `acme/service-${index % 50}`
  const ids = await copySessions(db, complete, { count, change: (index) => ({ repo: repoOf(index) }) })
  await copySessions(db, waiting, { count: waits, first: count })
  const rares = db.prepare("SELECT COUNT(*) AS count FROM sessions WHERE repo = ?").get(rare).count
  closeDatabase(db)
  const copy = join(bench.directory(), "floor.db")
  copyFileSync(join(dataDir, "opentl.db"), copy)
  const floor = await bench.floor("list", copy)
  const server = await bench.server({ dataDir, settings: { OPENTL_SANDBOX: "local" } })
  const prefix = ids[Math.floor(count / 2)].slice(0, 9)
  const queries = [
    { name: "the newest 50", ours: "?limit=50", floor: "/page", expected: 50 },
    { name: "50 that wait", ours: "?limit=50&status=waiting", floor: "/status/waiting", expected: 50 },
    { name: "50 that are complete", ours: "?limit=50&status=complete", floor: "/status/complete", expected: 50 },
    {
      name: "of a rare repository",
      ours: `?limit=50&repo=${encodeURIComponent(rare)}`,
      floor: `/repo/${encodeURIComponent(rare)}`,
      expected: rares
    },
    { name: "by an id's beginning", ours: `?prefix=${prefix}`, floor: `/prefix/${prefix}`, expected: undefined }
  ]
  const ask = async (target, path, expected) => {
    const { millis, result } = await timed(() => call(target, "GET", path))
    const sessions = Array.isArray(result) ? result : result.sessions
    const isRight = expected === undefined ? sessions.length >= 1 && sessions.length <= 6 : sessions.length === expected
    if (!isRight) throw new Error(`GET ${path}: ${sessions.length} sessions came, not ${expected ?? "1 to 6"}`)
    return millis
  }
  const rows = []
  for (const query of queries) {
    const runs = bench.pick(100, 5)
    const both = {
      ours: () => ask(server, `/api/sessions${query.ours}`, query.expected),
      floor: () => ask(floor, query.floor, query.expected)
    }
    await bench.alternate(bench.pick(10, 1), both)
    const { floor: least, ours } = await bench.alternate(runs, both)
    rows.push({
      name: `list, ${count} sessions: ${query.name}`,
      unit: "ms",
      ours,
      floor: least,
      reach: { ratio: 3 },
      note: `p99 ${percentile(ours, 0.99).toFixed(2)} ms; both over HTTP`
    })
  }
  return rows
}
