import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { captureFrames, checkAll, connectClients, costOf } from "../support/clients.mjs"
import { eventsOf } from "../support/eventStream.mjs"
import { until } from "../support/processes.mjs"
import { call } from "../support/requests.mjs"
import { create } from "../support/sessions.mjs"

export const title =
  "live events to many clients: 50 of them 1 000 lines of 8 KiB, 500 of them 1 000 lines of 200 bytes"

/**
 * Waits for a file in its working directory, which the benchmark makes once all clients are there; then prints, so many lines
 * and a pause, and so on.
 */
const agent = ({ bytes, lines, pause, perPause }) => {
  const print =
    `for (let i = from; i < Math.min(${lines}, from + ${perPause}); i++) console.log(String(i).padEnd(${bytes}, "x"))`
  const next = `if (from + ${perPause} < ${lines}) setTimeout(write, ${pause}, from + ${perPause})`
  return `command:touch here; until [ -e go ]; do sleep 0.05; done; rm -f go here; ` +
    `node -e 'const write = (from) => { ${print}; ${next} }; write(0)'`
}

/** What one write of the floor's carries where lines come all at once, in bytes. */
const blockBytes = 64 * 1024

const measured = async (bench, size) => {
  const { clients, lines, pause, perPause } = size
  const repo = await bench.repository()
  const server = await bench.server({
    settings: { OPENTL_SANDBOX: "local", OPENTL_AGENT: agent(size), OPENTL_OUTPUT_LIMIT: "1g" }
  })
  const { id } = await create(server, { repo })
  const work = join(server.dataDir, "workspaces", id, "repo")
  await until("the agent's start", () => existsSync(join(work, "here")))
  // what is in the log so far comes first, then the lines
  const { last_event_id: before } = await call(server, "GET", `/api/sessions/${id}`)
  const expected = before + lines
  const connected = await connectClients(server, eventsOf(id), clients, { until: ({ last }) => last >= expected })
  const ours = await costOf(server, () => {
    writeFileSync(join(work, "go"), "")
    return connected.done()
  })
  const behind = ours.states.find(({ last }) => last < expected)
  if (behind !== undefined) throw new Error(`a client was sent the events up to ${behind.last} of ${expected}`)
  const { bytes: frames, count } = await captureFrames(server, id)
  if (count < expected) throw new Error(`${lines} lines were printed after event ${before}, and ${count} events came`)
  await server.stop()
  const file = join(bench.directory(), "frames")
  writeFileSync(file, frames)
  const perBlock = pause > 0 ? perPause : Math.max(1, Math.floor(blockBytes / (frames.length / count)))
  const floorServer = await bench.floor("stream", file)
  const floorClients = await connectClients(floorServer, "/live", clients)
  const floor = await costOf(floorServer, async () => {
    await call(floorServer, "POST", `/go?frames=${Math.min(perPause, perBlock)}&pause=${pause}`)
    return floorClients.done()
  })
  checkAll(floor.states, count)
  await floorServer.stop()
  return { ours, floor }
}

const paces = [
  { pace: "all at once", perPause: 1_000_000, pause: 0 },
  { pace: "20 each 100 ms", perPause: 20, pause: 100 }
]

export const measure = async (bench) => {
  const sizes = bench.pick(
    [{ clients: 50, lines: 1000, bytes: 8192 }, { clients: 500, lines: 1000, bytes: 200 }],
    [{ clients: 5, lines: 100, bytes: 8192 }, { clients: 20, lines: 100, bytes: 200 }]
  )
  const rows = []
  for (const size of sizes.flatMap((size) => paces.map((pace) => ({ ...size, ...pace })))) {
    const runs = []
    for (let run = 0; run < bench.pick(3, 1); run++) runs.push(await measured(bench, size))
    const row = (name, key) => ({
      name: `fan-out, ${size.clients} clients x ${size.lines} x ${size.bytes} B, ${size.pace}: ${name}`,
      unit: "s",
      ours: runs.map(({ ours }) => ours[key]),
      floor: runs.map(({ floor }) => floor[key]),
      reach: { ratio: 1.5 },
      note: "ours prints and stores the lines as well"
    })
    rows.push(row("time", "seconds"), row("CPU", "cpu"))
  }
  return rows
}
