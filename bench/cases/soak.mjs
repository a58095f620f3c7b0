import { setTimeout as sleep } from "node:timers/promises"
import { events, eventsOf } from "../support/eventStream.mjs"
import { printLines } from "../support/lines.mjs"
import { settledMemory } from "../support/memory.mjs"
import { handles } from "../support/processes.mjs"
import { create } from "../support/sessions.mjs"

export const title =
  "10 minutes of sessions, 4 at a time, each read by 5 clients: memory and handles at minute 2 and at the end"

const atATime = 4
const clients = 5
const lines = 500
const mebibyte = 1024 ** 2

export const measure = async (bench) => {
  const [seconds, settled] = bench.pick([600, 120], [20, 8])
  const repo = await bench.repository()
  const server = await bench.server({
    probe: true,
    settings: {
      OPENTL_SANDBOX: "local",
      OPENTL_MAX_SESSIONS: String(atATime),
      OPENTL_AGENT: `command:${printLines(lines)}`
    }
  })
  let [sessions, isOver] = [0, false]
  /** One session after another, read to its end by all its clients. */
  const work = async () => {
    while (!isOver) {
      const { id } = await create(server, { repo })
      const states = await Promise.all(Array.from({ length: clients }, () => events(server, eventsOf(id)).done))
      const wrong = states.find((state) => state.events !== states[0].events || state.events < lines)
      if (wrong !== undefined) throw new Error(`a client of session ${id} was sent ${wrong.events} events`)
      sessions += 1
    }
  }
  const looks = async () => {
    // several times: where the sessions stand at one moment says little
    const look = async () => {
      const seen = []
      for (let time = 0; time < 5; time++) {
        seen.push({ ...await settledMemory(server), handles: handles(server.pid), sessions })
        await sleep(1000)
      }
      return seen
    }
    await sleep(settled * 1000)
    const first = await look()
    await sleep((seconds - settled) * 1000)
    const late = await look()
    isOver = true
    return { first, late }
  }
  const [{ first, late }] = await Promise.all([looks(), ...Array.from({ length: atATime }, work)])
  const row = (name, unit, of) => ({
    name: `soak, ${seconds} s: ${name}; floor: after ${settled} s`,
    unit,
    ours: late.map(of),
    floor: first.map(of),
    reach: { ratio: 1.05 }
  })
  return [
    {
      ...row("memory held after a collection", "MiB", ({ held }) => held / mebibyte),
      note: `${late[0].sessions} sessions, ${first[0].sessions} of them at the first look`
    },
    row("resident memory", "MiB", ({ rss }) => rss / mebibyte),
    row("handles", "", (look) => look.handles)
  ]
}
