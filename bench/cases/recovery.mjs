import { join } from "node:path"
import { addOutput, closeDatabase, copySessions, openDatabase } from "../support/history.mjs"
import { rssBytes, until } from "../support/processes.mjs"
import { call } from "../support/requests.mjs"

export const title = "a boot with 1 000 000 events and 100 sessions that wait, against an empty data directory"

const line = (index) => `line ${index} of a log that was there before, about as long as a line of a build log is`

/** The start up to the moment when `/ready` is content; then memory. */
const boot = async (bench, dataDir) => {
  const startedAt = performance.now()
  const server = await bench.server({ dataDir, settings: { OPENTL_SANDBOX: "local" } })
  await until("readiness", () => call(server, "GET", "/ready").then(() => true, () => false), { every: 5 })
  const seconds = (performance.now() - startedAt) / 1000
  const megabytes = rssBytes(server.pid) / 1024 ** 2
  const waiting = await call(server, "GET", "/api/sessions?status=waiting&limit=200")
  await server.stop()
  return { seconds, megabytes, waiting: waiting.length ?? waiting.sessions.length }
}

export const measure = async (bench) => {
  const [events, waits] = bench.pick([1_000_000, 100], [10_000, 5])
  const { complete, dataDir, waiting } = await bench.templates()
  const db = openDatabase(dataDir)
  await copySessions(db, waiting, { count: waits - 1 })
  const ids = await copySessions(db, complete, { count: 10, first: waits })
  for (const id of ids) await addOutput(db, id, { count: events / ids.length, textOf: line })
  closeDatabase(db)
  const empty = join(bench.directory(), "data")
  const runs = await bench.alternate(bench.pick(5, 1), {
    ours: () => boot(bench, dataDir),
    floor: () => boot(bench, empty)
  })
  const lost = runs.ours.find((run) => run.waiting !== waits)
  if (lost !== undefined) throw new Error(`${waits} sessions waited before the boot, and ${lost.waiting} after it`)
  const of = (key) => ({ ours: runs.ours.map((run) => run[key]), floor: runs.floor.map((run) => run[key]) })
  return [
    {
      name: `recovery, ${events} events, ${waits} that wait: until ready`,
      unit: "s",
      ...of("seconds"),
      reach: { limit: 2 }
    },
    { name: "recovery: memory when ready", unit: "MiB", ...of("megabytes"), reach: { over: 50 } }
  ]
}
