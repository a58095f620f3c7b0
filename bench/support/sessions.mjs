// Sessions over the API: created, followed to their end, checked.

import { events, eventsOf } from "./eventStream.mjs"
import { until } from "./processes.mjs"
import { call } from "./requests.mjs"

/** Creates a session; resolves when it is accepted. */
export const create = (server, request) => call(server, "POST", "/api/sessions", { prompt: "Do it.", ...request })

/** Waits until a session is in one of the states, by asking; returns it. */
export const reaches = (server, id, states, options) =>
  until(`session ${id} did not become ${states.join(" or ")}: that`, async () => {
    const session = await call(server, "GET", `/api/sessions/${id}`)
    if (session.status === "error" && !states.includes("error")) {
      throw new Error(`session ${id} failed: ${session.error}`)
    }
    return states.includes(session.status) ? session : undefined
  }, options)

/** Waits for a session's end and fails where it did not end well. */
export const completes = (server, id, options) => reaches(server, id, ["complete"], { within: 900_000, ...options })

/**
 * Follows a session from an event on to its end, as a person does, and returns it; fails where it did not end well. Asking again
 * and again would be work of its own for the server.
 */
export const ends = async (server, id, after = 0) => {
  await events(server, eventsOf(id), { after }).done
  const session = await call(server, "GET", `/api/sessions/${id}`)
  if (session.status !== "complete") throw new Error(`session ${id} is ${session.status}: ${session.error}`)
  return session
}

const output = "\nevent: output\n"

/**
 * Follows a session from an event on to the first line of output, and resolves with the time (of `performance.now`) at
 * which it came.
 */
export const firstOutput = async (server, id, after = 0) => {
  let text = ""
  let at
  const stream = events(server, eventsOf(id), {
    after,
    onChunk: (chunk) => {
      text += chunk.toString("latin1")
      if (at === undefined && text.includes(output)) at = performance.now()
    },
    until: () => at !== undefined
  })
  await stream.done
  if (at === undefined) throw new Error(`session ${id} ended without a line of output: ${text.slice(-2000)}`)
  return at
}

/** All events of a session, page by page. */
export const allEvents = async (server, id) => {
  const found = []
  for (;;) {
    const after = found.at(-1)?.id ?? 0
    const response = await fetch(`${server.url}${eventsOf(id)}?after=${after}&limit=1000`, {
      headers: { authorization: `Bearer ${server.token}`, accept: "application/json" }
    })
    const page = await response.json()
    if (page.length === 0) return found
    found.push(...page)
  }
}

/** Fails where ids are not 1, 2, 3, …, or the number of output lines is another. */
export const checkLog = (found, lines) => {
  const hole = found.findIndex(({ id }, index) => id !== index + 1)
  if (hole !== -1) throw new Error(`event ${hole + 1} is missing: ${found[hole].id} stands in its place`)
  const printed = found.filter(({ type }) => type === "output").length
  if (printed !== lines) throw new Error(`${lines} lines were printed, and ${printed} are stored`)
}
