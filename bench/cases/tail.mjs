import { events, eventsOf } from "../support/eventStream.mjs"
import { addOutput, closeDatabase, copySessions, openDatabase } from "../support/history.mjs"
import { timed } from "../support/processes.mjs"
import { call } from "../support/requests.mjs"
import { percentile } from "../support/statistics.mjs"

export const title = "a client that is 10 events behind in a session of 1 000 000, against one of 1 000"

const line = (index) => `line ${index} of a log that is long, about as long as a line of a build log is`

const behind = 10

export const measure = async (bench) => {
  const [long, short] = bench.pick([1_000_000, 1000], [5000, 500])
  const { complete, dataDir } = await bench.templates()
  const db = openDatabase(dataDir)
  const ids = await copySessions(db, complete, { count: 2 })
  await addOutput(db, ids[0], { count: long, textOf: line })
  await addOutput(db, ids[1], { count: short, textOf: line })
  const rowsOf = db.prepare("SELECT * FROM session_events WHERE session_id = ? AND id > ? ORDER BY id LIMIT 500")
  const last = (id) => db.prepare("SELECT last_event_id AS last FROM sessions WHERE id = ?").get(id).last
  const read = await timed(async () => rowsOf.all(ids[0], last(ids[0]) - behind))
  closeDatabase(db)
  const server = await bench.server({ dataDir, settings: { OPENTL_SANDBOX: "local" } })
  const tail = async (id) => {
    const { last_event_id: last } = await call(server, "GET", `/api/sessions/${id}`)
    const { millis, result } = await timed(() => events(server, eventsOf(id), { after: last - behind }).done)
    if (result.events !== behind || result.last !== last) {
      throw new Error(`${behind} events up to ${last} were missing, and ${result.events} up to ${result.last} came`)
    }
    return millis
  }
  const { floor, ours } = await bench.alternate(bench.pick(200, 20), {
    ours: () => tail(ids[0]),
    floor: () => tail(ids[1])
  })
  return [
    {
      name: `tail, ${behind} events behind of ${long}; floor: of ${short}`,
      unit: "ms",
      ours,
      floor,
      reach: { ratio: 1.2 },
      note: `p99 ${percentile(ours, 0.99).toFixed(2)} ms and ${
        percentile(floor, 0.99).toFixed(2)
      } ms; the rows alone are read in ${read.millis.toFixed(2)} ms`
    }
  ]
}
