import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { connectClients } from "../support/clients.mjs"
import { events, eventsOf } from "../support/eventStream.mjs"
import { addOutput, closeDatabase, copySessions, openDatabase } from "../support/history.mjs"
import { settledMemory } from "../support/memory.mjs"
import { cpuSeconds, rssBytes } from "../support/processes.mjs"
import { load } from "../support/requests.mjs"
import { create, reaches } from "../support/sessions.mjs"

export const title = "what a queued session, a waiting one and an idle reader hold, and a long log that was read once"

const kibibyte = 1024
const mebibyte = 1024 ** 2

/** What each of `count` things holds, in KiB: after a collection, and of resident memory. */
const perThing = async (server, count, make) => {
  const before = await settledMemory(server)
  await make()
  const after = await settledMemory(server)
  return {
    held: (after.held - before.held) / count / kibibyte,
    rss: (after.rss - before.rss) / count / kibibyte
  }
}

const createMany = (server, repo, count, more) =>
  load({
    server,
    path: "/api/sessions",
    inFlight: 20,
    count,
    expect: 201,
    bodyOf: () => ({ repo, prompt: "Do it.", ...more })
  })
    .then(({ answers }) => answers.map((body) => JSON.parse(body).id))

const noteOf = ({ rss }) =>
  `resident memory grew by ${rss.toFixed(1)} KiB each; ours is what is held after a collection`

const queued = async (bench, repo) => {
  const count = bench.pick(5000, 50)
  const settings = { OPENTL_SANDBOX: "local", OPENTL_MAX_SESSIONS: "1", OPENTL_AGENT: "command:sleep 100000" }
  const server = await bench.server({ probe: true, settings })
  const first = await create(server, { repo })
  await reaches(server, first.id, ["running"])
  await createMany(server, "acme/billing", 50)
  const each = await perThing(server, count, () => createMany(server, "acme/billing", count))
  await server.stop()
  return {
    name: `memory, a queued session (of ${count})`,
    unit: "KiB",
    ours: [each.held],
    reach: { limit: 4 },
    note: noteOf(each)
  }
}

const waiting = async (bench, repo) => {
  const count = bench.pick(300, 3)
  const model = await bench.model()
  const server = await bench.server({ probe: true, settings: { ...model.settings, OPENTL_SANDBOX: "local" } })
  const wait = async (many) => {
    for (const id of await createMany(server, repo, many, { approve_plan: true })) {
      await reaches(server, id, ["waiting"])
    }
  }
  // what a plan, a wait and asking for it run is compiled only after some of them: 4 MiB that are no session's
  await wait(count)
  const each = await perThing(server, count, () => wait(count))
  await server.stop()
  return {
    name: `memory, a session that waits (of ${count})`,
    unit: "KiB",
    ours: [each.held],
    reach: { limit: 16 },
    note: noteOf(each)
  }
}

/** CPU of so many idle readers, in percent of a core. */
const idleCpu = async (server, seconds) => {
  const before = cpuSeconds(server.pid)
  await sleep(seconds * 1000)
  return (cpuSeconds(server.pid) - before) / seconds * 100
}

const idle = async (bench, repo) => {
  const [clients, seconds] = [bench.pick(400, 20), bench.pick(30, 2)]
  const model = await bench.model()
  const server = await bench.server({ probe: true, settings: { ...model.settings, OPENTL_SANDBOX: "local" } })
  const { id } = await create(server, { repo, approve_plan: true })
  await reaches(server, id, ["waiting"])
  const frames = join(bench.directory(), "frames")
  writeFileSync(frames, "")
  const floor = await bench.floor("stream", frames)
  const connectedTo = async (target, path) => {
    const warm = await connectClients(target, path, 5)
    const rss = rssBytes(target.pid)
    const connected = await connectClients(target, path, clients)
    return {
      rss: () => (rssBytes(target.pid) - rss) / clients / kibibyte,
      close: () => [warm, connected].forEach(({ close }) => close())
    }
  }
  const least = await connectedTo(floor, "/idle")
  let ours
  const each = await perThing(server, clients, async () => (ours = await connectedTo(server, eventsOf(id))))
  const rows = [
    {
      name: `memory, an idle reader (of ${clients})`,
      unit: "KiB",
      ours: [each.held],
      reach: { limit: 20 },
      note: noteOf(each)
    },
    {
      name: `memory, an idle reader: resident (of ${clients})`,
      unit: "KiB",
      ours: [ours.rss()],
      floor: [least.rss()]
    },
    {
      name: `memory, ${clients} idle readers: CPU, percent of a core`,
      unit: "%",
      ours: [await idleCpu(server, seconds)],
      floor: [await idleCpu(floor, seconds)],
      reach: { limit: 1 }
    }
  ]
  least.close()
  ours.close()
  await server.stop()
  return rows
}

const afterReplay = async (bench) => {
  const [count, bytes] = [bench.pick(3680, 50), 64 * 1024 - 1]
  const { complete, dataDir } = await bench.templates()
  const db = openDatabase(dataDir)
  const [id] = await copySessions(db, complete, { count: 1 })
  await addOutput(db, id, { count, textOf: (index) => String(index).padEnd(bytes, "abcdefghijklmnopqrstuvwxyz ") })
  closeDatabase(db)
  const server = await bench.server({ dataDir, settings: { OPENTL_SANDBOX: "local" } })
  const before = rssBytes(server.pid)
  const { bytes: sent, events: seen } = await events(server, eventsOf(id)).done
  if (seen <= count || sent < count * bytes) throw new Error(`${count} long lines are stored, and ${seen} events came`)
  const at = rssBytes(server.pid)
  await sleep(bench.pick(30_000, 500))
  const after = rssBytes(server.pid)
  await server.stop()
  return {
    name: `memory, after ${Math.round(sent / mebibyte)} MiB were replayed once: more than before`,
    unit: "MiB",
    ours: [(after - before) / mebibyte],
    reach: { limit: 64 },
    note: `from ${(before / mebibyte).toFixed(0)} MiB to ${(at / mebibyte).toFixed(0)} at the end of the replay, ${
      (after / mebibyte).toFixed(0)
    } a while later`
  }
}

export const measure = async (bench) => {
  const repo = await bench.repository()
  return [await queued(bench, repo), await waiting(bench, repo), ...(await idle(bench, repo)), await afterReplay(bench)]
}
