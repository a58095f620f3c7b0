import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { image } from "../support/context.mjs"
import { dockerRun } from "../support/docker.mjs"
import { smallRepository } from "../support/repositories.mjs"
import { call } from "../support/requests.mjs"
import { allEvents, create, ends, firstOutput } from "../support/sessions.mjs"
import { percentile } from "../support/statistics.mjs"

export const title =
  "from accepted to the agent's first line, in Docker: a new repository, a known one, a follow-up, a revision"

const tail = (runs) => `p50 ${percentile(runs, 0.5).toFixed(0)} ms, p95 ${percentile(runs, 0.95).toFixed(0)} ms`

/** How long a person reads at least who asks for more, and how long a model takes for a short review. */
const pauseMillis = 3000

/** Milliseconds from the review that asked for changes to the first line of the round after it, as the events tell. */
const revisionMillis = (found) => {
  const review = found.findIndex(({ type }) => type === "review")
  const line = found.slice(review).find(({ type }) => type === "output")
  if (review === -1 || line === undefined) throw new Error(`there was no revision: ${JSON.stringify(found.slice(-5))}`)
  return Date.parse(line.created_at) - Date.parse(found[review].created_at)
}

/** Revisions after reviews that take so long. */
const revisions = async (bench, runs, reviewMillis) => {
  const repo = await bench.repository()
  const model = await bench.model({ objects: true, reviewMillis })
  const server = await bench.server({
    settings: {
      ...model.settings,
      OPENTL_SANDBOX: "docker",
      OPENTL_AGENT: "command:echo one more >> notes.txt; echo the first line"
    }
  })
  const revision = async () => {
    const { id } = await create(server, { repo })
    await ends(server, id)
    return revisionMillis(await allEvents(server, id))
  }
  await revision()
  const found = []
  for (let run = 0; run < runs; run++) found.push(await revision())
  await server.stop()
  return found
}

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
  let after = last
  /** Follow-ups, each so long after the end of the turn before. */
  const followUps = async (pause) => {
    const found = []
    for (let run = 0; run < runs; run++) {
      await sleep(pause)
      await call(server, "POST", `/api/sessions/${id}/messages`, { text: "Once more." })
      const { last, millis } = await started(id, after)
      found.push(millis)
      after = last
    }
    return found
  }
  const atOnce = await followUps(0)
  const afterReading = await followUps(bench.pick(pauseMillis, 0))
  await server.stop()
  const soon = await revisions(bench, runs, 0)
  const later = await revisions(bench, runs, bench.pick(pauseMillis, 0))
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
    ...[
      ["a follow-up", afterReading],
      ["a follow-up at once", atOnce],
      ["a revision", later],
      ["a revision at once", soon]
    ].map(([name, ours]) => ({ name: `start, ${name}`, unit: "ms", ours, reach: { limit: 300 }, note: tail(ours) }))
  ]
}
