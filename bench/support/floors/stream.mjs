// The least that an event stream can cost: `node:http` writing frames that are ready.
//
//   node stream.mjs FILE     the frames, as the program sent them to a client
//
//   GET /replay   all frames, in writes of 64 KiB
//   GET /live     nothing until POST /go?frames=N&pause=MILLIS, then N frames a write to every client, with a pause between
//   GET /idle     a comment every 15 seconds

import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { serve } from "./serve.mjs"

const blockBytes = 64 * 1024
/** What one client may have waiting before all of them are waited for. */
const heldBytes = 1024 * 1024

const body = readFileSync(process.argv[2])

const frames = () => {
  const found = []
  for (let at = 0; at < body.length;) {
    const end = body.indexOf("\n\n", at)
    const next = end === -1 ? body.length : end + 2
    found.push(body.subarray(at, next))
    at = next
  }
  return found
}

const drained = (response) =>
  new Promise((resolve) => {
    const settle = () => {
      response.off("drain", settle).off("close", settle)
      resolve()
    }
    response.on("drain", settle).on("close", settle)
  })

const replay = async (response) => {
  for (let at = 0; at < body.length && !response.destroyed; at += blockBytes) {
    if (!response.write(body.subarray(at, at + blockBytes))) await drained(response)
  }
  response.end()
}

const live = new Set()

const go = async (perWrite, pause) => {
  const all = frames()
  for (let at = 0; at < all.length; at += perWrite) {
    const part = Buffer.concat(all.slice(at, at + perWrite))
    for (const response of live) response.write(part)
    for (const response of live) {
      if (response.writableLength > heldBytes && !response.destroyed) await drained(response)
    }
    await sleep(pause)
  }
  for (const response of live) response.end()
}

const idle = new Set()
setInterval(() => {
  for (const response of idle) response.write(": opentl\n\n")
}, 15_000).unref()

serve(createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://floor")
  if (pathname === "/go") {
    response.end("{}")
    go(Number(searchParams.get("frames")), Number(searchParams.get("pause")))
    return
  }
  response.writeHead(200, { "content-type": "text/event-stream" })
  if (pathname === "/replay") {
    replay(response)
    return
  }
  response.write(": opentl\n\n")
  const clients = pathname === "/live" ? live : idle
  clients.add(response)
  response.on("close", () => clients.delete(response))
}))
