// Requests on kept connections, by a client that costs little: what is measured is the server.

import { connect } from "node:net"

const headerEnd = Buffer.from("\r\n\r\n")

/** One kept connection: a request at a time, each a text that is ready to be sent. */
const connection = (port) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true })
    let buffer = Buffer.alloc(0)
    let waiting
    const fail = (error) => {
      waiting?.reject(error)
      waiting = undefined
      reject(error)
    }
    socket.on("error", fail)
    socket.on("close", () => fail(new Error("the server closed the connection")))
    socket.on("data", (chunk) => {
      buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
      const end = buffer.indexOf(headerEnd)
      if (end === -1 || waiting === undefined) return
      const head = buffer.toString("latin1", 0, end)
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1])
      if (Number.isNaN(length)) return fail(new Error(`an answer without a content-length: ${head}`))
      const total = end + headerEnd.length + length
      if (buffer.length < total) return
      const answer = { status: Number(head.slice(9, 12)), body: buffer.toString("utf8", end + headerEnd.length, total) }
      buffer = buffer.subarray(total)
      const { resolve } = waiting
      waiting = undefined
      resolve(answer)
    })
    socket.once("connect", () =>
      resolve({
        send: (text) =>
          new Promise((resolve, reject) => {
            waiting = { resolve, reject }
            socket.write(text)
          }),
        close: () => socket.destroy()
      }))
  })

const post = ({ body, path, port, token }) => {
  const json = JSON.stringify(body)
  return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`
}

/**
 * Sends `count` requests, `inFlight` at a time, each on a connection that is kept. Fails with the first answer that has
 * another status than `expect`. Returns each one's milliseconds, the answers, and how long all took.
 */
export const load = async ({ bodyOf, count, expect, inFlight, path, server }) => {
  const port = Number(new URL(server.url).port)
  const connections = await Promise.all(Array.from({ length: inFlight }, () => connection(port)))
  const millis = []
  const answers = []
  let next = 0
  const startedAt = performance.now()
  const work = async ({ send }) => {
    while (next < count) {
      const text = post({ path, port, token: server.token, body: bodyOf(next++) })
      const sentAt = performance.now()
      const { body, status } = await send(text)
      millis.push(performance.now() - sentAt)
      if (status !== expect) throw new Error(`POST ${path} was answered with ${status}: ${body}`)
      answers.push(body)
    }
  }
  try {
    await Promise.all(connections.map(work))
    return { millis, answers, seconds: (performance.now() - startedAt) / 1000 }
  } finally {
    for (const { close } of connections) close()
  }
}

/** One request; the answer's JSON. Fails with any other status than a success. */
export const call = async (server, method, path, body) => {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`)
  return text === "" ? undefined : JSON.parse(text)
}
