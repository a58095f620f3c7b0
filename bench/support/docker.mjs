// Containers run by hand: what the same work costs with nothing but Docker and git.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { end, run } from "./processes.mjs"

let counter = 0

/** A name that no other container has, of which a failed run leaves none behind. */
const nameOf = (bench) => {
  const name = `opentl-bench-${process.pid}-${++counter}`
  bench.add(() => run("docker", ["rm", "--force", "--volumes", name]).catch(() => undefined))
  return name
}

/**
 * `docker run` of the image, with a shell line. Resolves with the milliseconds up to its first line of output and up to
 * its end.
 */
export const dockerRun = async (bench, image, script, flags = []) => {
  const startedAt = performance.now()
  const child = spawn("docker", ["run", "--rm", "--name", nameOf(bench), ...flags, image, "bash", "-c", script], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true
  })
  bench.add(() => child.kill("SIGKILL"))
  const errors = []
  child.stderr.on("data", (chunk) => errors.push(chunk))
  let first
  child.stdout.on("data", () => (first ??= performance.now() - startedAt))
  const [code] = await once(child, "close")
  if (code === 0) return { first, millis: performance.now() - startedAt }
  throw new Error(`docker run ended with ${code}: ${Buffer.concat(errors).toString("utf8")}`)
}

/**
 * A container that prints, read by `docker logs -f`; resolves with the seconds from the first byte to the last of so many.
 * It stays when it has printed: the engine may end a follower together with the container, before all of its log was read.
 */
export const dockerLogs = async (bench, image, script, bytes) => {
  const name = nameOf(bench)
  await run("docker", ["run", "--detach", "--name", name, image, "bash", "-c", `${script}; exec sleep 100000`])
  const child = spawn("docker", ["logs", "--follow", name], { stdio: ["ignore", "pipe", "inherit"], detached: true })
  bench.add(() => child.kill("SIGKILL"))
  let read = 0
  let first
  await new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      first ??= performance.now()
      read += chunk.length
      if (read >= bytes) resolve()
    })
    child.on("close", () => reject(new Error(`docker logs gave ${read} bytes of ${bytes}`)))
  })
  const seconds = (performance.now() - first) / 1000
  await Promise.all([end(child), run("docker", ["rm", "--force", name])])
  return { seconds }
}
