import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { captureFrames, checkAll, connectClients, costOf } from "../support/clients.mjs"
import { eventsOf } from "../support/eventStream.mjs"
import { until } from "../support/processes.mjs"
import { call } from "../support/requests.mjs"
import { create, ends } from "../support/sessions.mjs"

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

/** The program's run: an agent prints while the clients follow. Resolves with the cost and the frames that a client got. */
const ofProgram = async (server, repo, { clients, lines }) => {
  const { id } = await create(server, { repo })
  const work = join(server.dataDir, "workspaces", id, "repo")
  await until("the agent's start", () => existsSync(join(work, "here")))
  // what is in the log so far comes first, then the lines
  const { last_event_id: before } = await call(server, "GET", `/api/sessions/${id}`)
  const expected = before + lines
  const connected = await connectClients(server, eventsOf(id), clients, { until: ({ last }) => last >= expected })
  const cost = await costOf(server, () => {
    writeFileSync(join(work, "go"), "")
    return connected.done()
  })
  const behind = cost.states.find(({ last }) => last < expected)
  if (behind !== undefined) throw new Error(`a client was sent the events up to ${behind.last} of ${expected}`)
  await ends(server, id)
  const { bytes: frames, count } = await captureFrames(server, id)
  if (count < expected) throw new Error(`${lines} lines were printed after event ${before}, and ${count} events came`)
  return { ...cost, frames, count }
}

/** The floor's run: the same frames at the same pace. */
const ofFloor = async (floor, count, { clients, pause, perWrite }) => {
  const connected = await connectClients(floor, "/live", clients)
  const cost = await costOf(floor, async () => {
    await call(floor, "POST", `/go?frames=${perWrite}&pause=${pause}`)
    return connected.done()
  })
  checkAll(cost.states, count)
  return cost
}

/** Runs of both in turn. Before them each has one that compiles what they run, as in a server that is up for days. */
const measured = async (bench, size, runs) => {
  const { pause, perPause } = size
  const repo = await bench.repository()
  const server = await bench.server({
    settings: { OPENTL_SANDBOX: "local", OPENTL_AGENT: agent(size), OPENTL_OUTPUT_LIMIT: "1g" }
  })
  const { count, frames } = await ofProgram(server, repo, size)
  const file = join(bench.directory(), "frames")
  writeFileSync(file, frames)
  const floor = await bench.floor("stream", file)
  const perBlock = pause > 0 ? perPause : Math.max(1, Math.floor(blockBytes / (frames.length / count)))
  const pace = { ...size, perWrite: Math.min(perPause, perBlock) }
  await ofFloor(floor, count, pace)
  const found = await bench.alternate(runs, {
    ours: () => ofProgram(server, repo, size),
    floor: () => ofFloor(floor, count, pace)
  })
  await server.stop()
  await floor.stop()
  return found
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
    const { floor, ours } = await measured(bench, size, bench.pick(3, 1))
    const row = (name, key) => ({
      name: `fan-out, ${size.clients} clients x ${size.lines} x ${size.bytes} B, ${size.pace}: ${name}`,
      unit: "s",
      ours: ours.map((run) => run[key]),
      floor: floor.map((run) => run[key]),
      reach: { ratio: 1.5 },
      note: "ours prints and stores the lines as well"
    })
    rows.push(row("time", "seconds"), row("CPU", "cpu"))
  }
  return rows
}
