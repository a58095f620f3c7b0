// Asks the Docker engine over its API, with bare node.

import { request } from "node:http"

export const dockerHost = () => process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock"

/** The answer's text; rejects with one sentence that says what is wrong. */
const ask = (method, path) =>
  new Promise((resolve, reject) => {
    const host = dockerHost()
    const { hostname, port } = host.startsWith("unix://") ? {} : new URL(host)
    const target = host.startsWith("unix://") ? { socketPath: host.slice("unix://".length) } : { host: hostname, port }
    const failed = (error) => reject(new Error(`no Docker engine answers at ${host} (${error.code ?? error.message})`))
    const call = request({ ...target, method, path, timeout: 60_000 }, (response) => {
      const chunks = []
      response.on("data", (chunk) => chunks.push(chunk))
      response.on("error", failed)
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8")
        if (response.statusCode < 300) resolve(text)
        else reject(new Error(`the Docker engine answered ${response.statusCode} to ${path}: ${text.trim()}`))
      })
    })
    call.on("timeout", () => call.destroy(new Error("no answer within a minute")))
    call.on("error", failed)
    call.end()
  })

/** The JSON answer to `GET path`. */
export const get = async (path) => JSON.parse(await ask("GET", path))

/** Removes an image and all its names, where it is there. */
export const removeImage = async (image) => {
  if (await hasImage(image)) await ask("DELETE", `/images/${image}?force=1`)
}

const labelled = (label) => encodeURIComponent(JSON.stringify({ label: [label] }))

/** The containers and volumes that carry a label. */
const carrying = async (label) => {
  const containers = await get(`/containers/json?all=1&filters=${labelled(label)}`)
  const { Volumes: volumes } = await get(`/volumes?filters=${labelled(label)}`)
  return {
    containers: containers.map(({ Id: id, Names: names }) => ({ id, name: names[0].replace(/^\//, "") })),
    volumes: (volumes ?? []).map(({ Name: name }) => name)
  }
}

/** What of the product's there is on the engine: containers and volumes that carry its label. */
export const leftovers = async () => {
  const { containers, volumes } = await carrying("opentl.session")
  return [...containers.map(({ name }) => `container ${name}`), ...volumes.map((name) => `volume ${name}`)]
}

/** Removes the containers and volumes of one installation. */
export const removeInstance = async (instance) => {
  const { containers, volumes } = await carrying(`opentl.instance=${instance}`)
  for (const { id } of containers) await ask("DELETE", `/containers/${id}?force=1&v=1`)
  for (const name of volumes) await ask("DELETE", `/volumes/${name}?force=1`)
}

/** Images from which the tests build the sandbox's where that is missing: the first that the engine has. */
export const testBases = () => [
  ...[process.env["OPENTL_TEST_BASE_IMAGE"]].filter((base) => base !== undefined && base !== ""),
  "opentl-base:bookworm",
  "node:24-bookworm"
]

/** Why tests that run a sandbox in Docker cannot, and what helps. */
export const noImage = (image, bases) =>
  `the Docker engine has neither the image ${image} nor one to build it from (${bases.join(", ")}): ` +
  "run `node dist/bin/main.js sandbox build`, or name an image with bash, git and coreutils in OPENTL_TEST_BASE_IMAGE"

/** Whether the engine has an image. */
export const hasImage = (image) => get(`/images/${image}/json`).then(() => true, () => false)
