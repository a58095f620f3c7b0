// Many readers of one session's events at a time.

import { events, eventsOf } from "./eventStream.mjs"
import { cpuSeconds } from "./processes.mjs"

/** Starts so many readers, and resolves once each of them has its first bytes. */
export const connectClients = async (server, path, count, options) => {
  const streams = Array.from({ length: count }, () => events(server, path, options))
  await Promise.all(streams.map(({ ready }) => ready))
  return {
    /** Resolves with each one's state once all streams have ended. */
    done: () => Promise.all(streams.map(({ done }) => done)),
    close: () => {
      for (const stream of streams) stream.close()
    }
  }
}

/** The bytes of a session's stream as one client gets them, comments aside, and how many events are in them. */
export const captureFrames = async (server, id) => {
  const chunks = []
  const { events: count } = await events(server, eventsOf(id), { onChunk: (chunk) => chunks.push(chunk) }).done
  const bytes = Buffer.concat(chunks)
  return { bytes: bytes.subarray(Math.max(0, bytes.indexOf("id: "))), count }
}

/** Fails where a client has seen another number of events. */
export const checkAll = (states, count) => {
  const wrong = states.find(({ events }) => events !== count)
  if (wrong !== undefined) throw new Error(`a client was sent ${wrong.events} events of ${count}`)
}

/** Seconds that the work takes, and processor seconds of the server in that time. */
export const costOf = async (server, work) => {
  const [cpu, startedAt] = [cpuSeconds(server.pid), performance.now()]
  const states = await work()
  return { states, seconds: (performance.now() - startedAt) / 1000, cpu: cpuSeconds(server.pid) - cpu }
}
