import { printLines, storeLines } from "../support/lines.mjs"
import { cpuSeconds } from "../support/processes.mjs"
import { allEvents, checkLog, completes, create } from "../support/sessions.mjs"

export const title = "lines of one busy session, and of 50, from a local sandbox into the log"

const at = ({ created_at }) => Date.parse(created_at)

/** Seconds between the first line that was stored and the last, of all sessions together. */
const storingSeconds = (logs) => {
  const outputs = logs.map((log) => log.filter(({ type }) => type === "output"))
  const first = Math.min(...outputs.map((lines) => at(lines[0])))
  const last = Math.max(...outputs.map((lines) => at(lines.at(-1))))
  return Math.max(1, last - first) / 1000
}

const stored = async (bench, { count, sessions }) => {
  const repo = await bench.repository()
  const server = await bench.server({
    settings: {
      OPENTL_SANDBOX: "local",
      OPENTL_MAX_SESSIONS: String(sessions),
      OPENTL_OUTPUT_LIMIT: "1g",
      OPENTL_AGENT: `command:${printLines(count)}`
    }
  })
  const before = cpuSeconds(server.pid)
  const ids = await Promise.all(
    Array.from({ length: sessions }, () => create(server, { repo }).then(({ id }) => id))
  )
  await Promise.all(ids.map((id) => completes(server, id, { every: 200 })))
  const cpu = cpuSeconds(server.pid) - before
  const logs = []
  for (const id of ids) logs.push(await allEvents(server, id))
  for (const log of logs) checkLog(log, count)
  await server.stop()
  const lines = count * sessions
  return { rate: lines / storingSeconds(logs), cpu: cpu / lines * 100_000 }
}

export const measure = async (bench) => {
  const rows = []
  for (const sessions of [1, bench.pick(50, 3)]) {
    const size = { sessions, count: Math.round(bench.pick(200_000, 2000) / sessions) }
    const directory = bench.directory()
    const { floor, ours } = await bench.alternate(bench.pick(3, 1), {
      ours: () => stored(bench, size),
      floor: () => storeLines(directory, size)
    })
    const name = sessions === 1 ? "one busy session" : `${sessions} busy sessions`
    rows.push(
      {
        name: `append, ${name}: lines`,
        unit: "/s",
        better: "higher",
        ours: ours.map(({ rate }) => rate),
        floor: floor.map(({ rate }) => rate),
        reach: { ratio: 1.5 },
        note: "ours prints the lines in a sandbox as well and reads them from there; the floor only stores them"
      },
      {
        name: `append, ${name}: CPU for 100 000 lines`,
        unit: "s",
        ours: ours.map(({ cpu }) => cpu),
        floor: floor.map(({ cpu }) => cpu),
        note: "ours with what the sessions cost beside their lines"
      }
    )
  }
  return rows
}
