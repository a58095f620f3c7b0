// Readers of event streams that cost little: bytes and ids are counted, and nothing is kept.

import { request } from "node:http"

const frameStart = Buffer.from("\nid: ")
const newline = 10

/** Counts what a stream brings without keeping it: bytes, events, and that ids follow on each other without a gap. */
export const idCounter = (after) => {
  // The end of what came, as the start of a frame may be cut between two chunks. The stream begins as after a newline.
  let rest = Buffer.from("\n")
  const state = { events: 0, last: after, bytes: 0, fault: undefined }
  const push = (chunk) => {
    state.bytes += chunk.length
    const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    for (;;) {
      const found = text.indexOf(frameStart, at)
      if (found === -1) {
        rest = text.subarray(Math.max(at, text.length - frameStart.length + 1))
        return
      }
      const end = text.indexOf(newline, found + frameStart.length)
      if (end === -1) {
        rest = text.subarray(found)
        return
      }
      const id = Number(text.latin1Slice(found + frameStart.length, end))
      if (id !== state.last + 1) state.fault ??= `after event ${state.last} came event ${id}`
      state.last = id
      state.events += 1
      at = end
    }
  }
  return { state, push }
}

/**
 * Opens a session's event stream after an event. `until` is told the counter's state at each chunk, and ends the stream by
 * returning true; else it ends with the server's end. `done` resolves with the state; a gap or a repeat rejects.
 */
export const events = (server, path, { after = 0, until = () => false, onChunk = () => undefined } = {}) => {
  const counter = idCounter(after)
  const { hostname, port } = new URL(server.url)
  const headers = {
    authorization: `Bearer ${server.token}`,
    accept: "text/event-stream",
    ...(after === 0 ? {} : { "last-event-id": String(after) })
  }
  const call = request({ hostname, port, path, headers, agent: false })
  let opened
  const ready = new Promise((resolve, reject) => (opened = { resolve, reject }))
  const done = new Promise((resolve, reject) => {
    const end = () => {
      call.destroy()
      const { fault } = counter.state
      if (fault === undefined) resolve({ ...counter.state, endedAt: performance.now() })
      else reject(new Error(`${path}: ${fault}`))
    }
    call.on("error", (error) => {
      opened.reject(error)
      reject(error)
    })
    call.on("response", (response) => {
      if (response.statusCode !== 200) {
        return call.destroy(new Error(`${path} was answered with ${response.statusCode}`))
      }
      response.on("data", (chunk) => {
        counter.push(chunk)
        opened.resolve()
        onChunk(chunk, counter.state)
        if (until(counter.state)) end()
      })
      response.on("end", end)
      response.on("error", reject)
    })
    call.end()
  })
  // whoever does not wait for the one or the other is told by the other
  ready.catch(() => undefined)
  done.catch(() => undefined)
  return { ready, done, state: counter.state, close: () => call.destroy() }
}

/** The path of a session's events. */
export const eventsOf = (id) => `/api/sessions/${id}/events`
