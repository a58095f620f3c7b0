// Asks the Docker engine over its API, with bare node.

import { request } from "node:http"

export const dockerHost = () => process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock"

/** The JSON answer to `GET path`; rejects with one sentence that says what is wrong. */
export const get = (path) =>
  new Promise((resolve, reject) => {
    const host = dockerHost()
    const { hostname, port } = host.startsWith("unix://") ? {} : new URL(host)
    const target = host.startsWith("unix://") ? { socketPath: host.slice("unix://".length) } : { host: hostname, port }
    const failed = (error) => reject(new Error(`no Docker engine answers at ${host} (${error.code ?? error.message})`))
    const call = request({ ...target, path, timeout: 10_000 }, (response) => {
      const chunks = []
      response.on("data", (chunk) => chunks.push(chunk))
      response.on("error", failed)
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8")
        if (response.statusCode === 200) resolve(JSON.parse(text))
        else reject(new Error(`the Docker engine answered ${response.statusCode} to ${path}: ${text.trim()}`))
      })
    })
    call.on("timeout", () => call.destroy(new Error("no answer within 10 seconds")))
    call.on("error", failed)
    call.end()
  })

const labelled = encodeURIComponent(JSON.stringify({ label: ["opentl.session"] }))

/** What of the product's there is on the engine: containers and volumes that carry its label. */
export const leftovers = async () => {
  const containers = await get(`/containers/json?all=1&filters=${labelled}`)
  const { Volumes: volumes } = await get(`/volumes?filters=${labelled}`)
  return [
    ...containers.map((container) => `container ${container.Names[0].replace(/^\//, "")}`),
    ...(volumes ?? []).map((volume) => `volume ${volume.Name}`)
  ]
}
