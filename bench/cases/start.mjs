import { join } from "node:path"
import { image } from "../support/context.mjs"
import { dockerRun } from "../support/docker.mjs"
import { smallRepository } from "../support/repositories.mjs"
import { call } from "../support/requests.mjs"
import { create, ends, firstOutput } from "../support/sessions.mjs"
import { percentile } from "../support/statistics.mjs"

export const title = "from accepted to the agent's first line, in Docker: a new repository, a known one, a follow-up"

const tail = (runs) => `p50 ${percentile(runs, 0.5).toFixed(0)} ms, p95 ${percentile(runs, 0.95).toFixed(0)} ms`

export const measure = async (bench) => {
  await bench.needDocker()
  const runs = bench.pick(12, 1)
  const server = await bench.server({
    settings: { OPENTL_SANDBOX: "docker", OPENTL_AGENT: "command:echo the first line" }
  })
  /** Milliseconds from the answer to the request on to the first line after that. */
  const started = async (id, after) => {
    const acceptedAt = performance.now()
    const millis = await firstOutput(server, id, after) - acceptedAt
    const { last_event_id: last } = await ends(server, id, after)
    return { millis, last }
  }
  const newSession = async (repo) => {
    const { id } = await create(server, { repo })
    return { id, ...await started(id) }
  }
  const directory = bench.directory()
  const inNewRepository = async (run) => {
    const repo = join(directory, `repo-${run}.git`)
    await smallRepository(repo)
    return { repo, ...await newSession(repo) }
  }
  await inNewRepository("first")
  await dockerRun(bench, image, "echo the first line")
  const cold = await bench.alternate(runs, {
    ours: inNewRepository,
    floor: () => dockerRun(bench, image, "echo the first line")
  })
  const { id, last, repo } = cold.ours[0]
  const known = []
  for (let run = 0; run < runs; run++) known.push((await newSession(repo)).millis)
  const followUps = []
  for (let run = 0, after = last; run < runs; run++) {
    await call(server, "POST", `/api/sessions/${id}/messages`, { text: "Once more." })
    const { last, millis } = await started(id, after)
    followUps.push(millis)
    after = last
  }
  const coldRuns = cold.ours.map(({ millis }) => millis)
  return [
    {
      name: "start, a repository that is new to the server",
      unit: "ms",
      ours: coldRuns,
      floor: cold.floor.map(({ first }) => first),
      reach: { ratio: 1.3 },
      note: tail(coldRuns)
    },
    {
      name: "start, a further session of a repository",
      unit: "ms",
      ours: known,
      reach: { limit: 300 },
      note: tail(known)
    },
    { name: "start, a follow-up", unit: "ms", ours: followUps, reach: { limit: 300 }, note: tail(followUps) }
  ]
}
