import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { captureFrames, checkAll, connectClients, costOf } from "../support/clients.mjs"
import { eventsOf } from "../support/eventStream.mjs"
import { addOutput, closeDatabase, copySessions, openDatabase } from "../support/history.mjs"
import { median } from "../support/statistics.mjs"

export const title = "stored events to 50 clients that read from the beginning: 20 000, 50 000 and 100 000 of them"

const line = (index) => `line ${index} of a log that is read again, about as long as a line of a build log is`

const replayed = async (server, path, clients, count) => {
  const { cpu, seconds, states } = await costOf(server, async () => {
    const connected = await connectClients(server, path, clients)
    return connected.done()
  })
  checkAll(states, count)
  return { seconds, cpu }
}

export const measure = async (bench) => {
  const clients = bench.pick(50, 5)
  const sizes = bench.pick([20_000, 50_000, 100_000], [1000, 2000])
  const { complete, dataDir } = await bench.templates()
  const db = openDatabase(dataDir)
  const ids = await copySessions(db, complete, { count: sizes.length })
  for (const [index, id] of ids.entries()) await addOutput(db, id, { count: sizes[index], textOf: line })
  closeDatabase(db)
  const server = await bench.server({ dataDir, settings: { OPENTL_SANDBOX: "local" } })
  const rows = []
  for (const [index, size] of sizes.entries()) {
    const { bytes, count } = await captureFrames(server, ids[index])
    if (count <= size) throw new Error(`${size} lines were stored, and ${count} events came`)
    const file = join(bench.directory(), "frames")
    writeFileSync(file, bytes)
    const floor = await bench.floor("stream", file)
    const runs = await bench.alternate(bench.pick(size > 20_000 ? 2 : 4, 1), {
      ours: () => replayed(server, eventsOf(ids[index]), clients, count),
      floor: () => replayed(floor, "/replay", clients, count)
    })
    await floor.stop()
    const row = (name, key, more = {}) => ({
      name: `replay, ${size} events to ${clients} clients: ${name}`,
      unit: "s",
      ours: runs.ours.map((run) => run[key]),
      floor: runs.floor.map((run) => run[key]),
      ...more
    })
    rows.push(row("time", "seconds", { reach: { ratio: 1.5 } }), row("CPU", "cpu"))
  }
  const times = rows.filter(({ name }) => name.endsWith("time"))
  const each = ({ ours }, size) => median(ours) * 1e6 / size / clients
  rows.push({
    name: "replay, an event: the most events against the fewest",
    unit: "µs",
    ours: [each(times.at(-1), sizes.at(-1))],
    floor: [each(times[0], sizes[0])],
    reach: { ratio: 1.3 },
    note: "the same where replay is linear"
  })
  return rows
}
