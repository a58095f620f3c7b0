import { join } from "node:path"
import { cpuSeconds } from "../support/processes.mjs"
import { call, load } from "../support/requests.mjs"
import { create, reaches } from "../support/sessions.mjs"
import { percentile } from "../support/statistics.mjs"

export const title = "`POST /api/sessions` until it is accepted and durable, with 50 and 200 in flight"

/** On GitHub: to accept a local one, git is asked about it. Nothing is fetched for sessions that wait. */
const repo = "acme/billing"

const measured = async (server, { count, inFlight }) => {
  const before = cpuSeconds(server.pid)
  const { answers, millis, seconds } = await load({
    server,
    path: "/api/sessions",
    inFlight,
    count,
    expect: 201,
    bodyOf: (index) => ({ repo, prompt: `Task ${index}: reject negative amounts in the invoice parser, with a test` })
  })
  const ids = new Set(answers.map((body) => JSON.parse(body).id))
  if (ids.size !== count) throw new Error(`${count} sessions were accepted, and ${ids.size} ids given`)
  return {
    rate: count / seconds,
    p50: percentile(millis, 0.5),
    p99: percentile(millis, 0.99),
    cpu: (cpuSeconds(server.pid) - before) * 1000 / count,
    last: JSON.parse(answers.at(-1)).id
  }
}

export const measure = async (bench) => {
  // one session has the only place for as long as this lasts, so that accepting is all that is done for the others
  const server = await bench.server({
    settings: { OPENTL_SANDBOX: "local", OPENTL_MAX_SESSIONS: "1", OPENTL_AGENT: "command:sleep 100000" }
  })
  const first = await create(server, { repo: await bench.repository() })
  await reaches(server, first.id, ["running"])
  const floor = await bench.floor("intake", join(bench.directory(), "floor.db"))
  const rows = []
  for (const inFlight of bench.pick([50, 200], [10])) {
    const size = { inFlight, count: bench.pick(2000, 100) }
    await measured(server, { ...size, count: inFlight })
    const runs = await bench.alternate(bench.pick(5, 1), {
      ours: () => measured(server, size),
      floor: () => measured(floor, size)
    })
    const { status } = await call(server, "GET", `/api/sessions/${runs.ours.at(-1).last}`)
    if (status !== "pending") throw new Error(`an accepted session is ${status}, it should wait`)
    const row = (name, key, unit, more = {}) => ({
      name: `intake, ${inFlight} in flight: ${name}`,
      unit,
      ours: runs.ours.map((run) => run[key]),
      floor: runs.floor.map((run) => run[key]),
      ...more
    })
    rows.push(
      row("requests", "rate", "/s", { better: "higher", reach: { ratio: 2 } }),
      row("p50", "p50", "ms"),
      row("p99", "p99", "ms"),
      row("CPU a request", "cpu", "ms")
    )
  }
  return rows
}
