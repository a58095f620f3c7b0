import { image } from "../support/context.mjs"
import { dockerLogs } from "../support/docker.mjs"
import { events, eventsOf } from "../support/eventStream.mjs"
import { lineBytes, printLines, storeLines } from "../support/lines.mjs"
import { cpuSeconds } from "../support/processes.mjs"
import { allEvents, checkLog, create, firstOutput } from "../support/sessions.mjs"

export const title = "a container that prints 200 000 lines: stored, and delivered to one client"

/** From the first line that comes to the last. */
const piped = async (server, repo, count) => {
  const { id } = await create(server, { repo })
  const first = firstOutput(server, id)
  const stream = events(server, eventsOf(id))
  const startedAt = await first
  const cpu = cpuSeconds(server.pid)
  // what is stored and sent before the first line was seen is little against the rest
  const before = stream.state.events
  const { endedAt, events: delivered } = await stream.done
  const used = cpuSeconds(server.pid) - cpu
  const log = await allEvents(server, id)
  checkLog(log, count)
  if (delivered !== log.length) throw new Error(`${log.length} events are stored, and ${delivered} were delivered`)
  const lines = delivered - before
  return { rate: lines / (endedAt - startedAt) * 1000, cpu: used / lines * 100_000 }
}

export const measure = async (bench) => {
  await bench.needDocker()
  const count = bench.pick(200_000, 2000)
  const repo = await bench.repository()
  const directory = bench.directory()
  const server = await bench.server({
    settings: { OPENTL_SANDBOX: "docker", OPENTL_OUTPUT_LIMIT: "1g", OPENTL_AGENT: `command:${printLines(count)}` }
  })
  const floor = async () => {
    const { seconds } = await dockerLogs(bench, image, printLines(count), lineBytes(count))
    return { rate: count / seconds, cpu: storeLines(directory, { count }).cpu }
  }
  const runs = await bench.alternate(bench.pick(3, 1), { ours: () => piped(server, repo, count), floor })
  const of = (key) => ({ ours: runs.ours.map((run) => run[key]), floor: runs.floor.map((run) => run[key]) })
  return [
    {
      name: `pipe, ${count} lines: stored and delivered; floor: docker logs -f`,
      unit: "/s",
      better: "higher",
      ...of("rate"),
      reach: { ratio: 2 }
    },
    {
      name: "pipe: the server's CPU for 100 000 lines; floor: SQLite inserts",
      unit: "s",
      ...of("cpu"),
      reach: { ratio: 5 }
    }
  ]
}
