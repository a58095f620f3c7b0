import { cpSync, rmSync } from "node:fs"
import { join } from "node:path"
import { run, timed } from "../support/processes.mjs"
import { largeRepository } from "../support/repositories.mjs"
import { allEvents, completes, create, firstOutput } from "../support/sessions.mjs"

export const title = "a repository of 200 MiB in 20 000 files: the first and the second session up to the agent's start"

const mebibyte = 1024 ** 2

export const measure = async (bench) => {
  await bench.needDocker()
  const [bytes, files] = bench.pick([200 * mebibyte, 20_000], [2 * mebibyte, 200])
  const directory = bench.directory()
  const origin = join(directory, "origin.git")
  await largeRepository(origin, { bytes, files })
  const server = await bench.server({
    settings: {
      OPENTL_SANDBOX: "docker",
      // it counts what it was given, so that a session with half a repository is none
      OPENTL_AGENT: "command:echo start; git ls-files | wc -l; find src -type f | wc -l"
    }
  })
  const session = async (repo) => {
    const { id } = await create(server, { repo })
    const acceptedAt = performance.now()
    const seconds = (await firstOutput(server, id) - acceptedAt) / 1000
    await completes(server, id, { every: 100 })
    const printed = (await allEvents(server, id)).filter(({ type }) => type === "output").map(({ data }) => data.trim())
    if (printed.join() !== `start,${files},${files}`) {
      throw new Error(`the agent was to find ${files} files tracked and on disk, and said ${printed.join(", ")}`)
    }
    return seconds
  }
  const both = async (number) => {
    // another path is another repository to the server
    const repo = join(directory, `copy-${number}.git`)
    cpSync(origin, repo, { recursive: true })
    return { first: await session(repo), second: await session(repo) }
  }
  const clone = async (number) => {
    const target = join(directory, `clone-${number}`)
    const { millis } = await timed(() => run("git", ["clone", "--quiet", "--depth", "1", `file://${origin}`, target]))
    rmSync(target, { recursive: true, force: true })
    return millis / 1000
  }
  const runs = await bench.alternate(bench.pick(3, 1), { ours: both, floor: clone })
  const size = `${Math.round(bytes / mebibyte)} MiB, ${files} files`
  return [
    {
      name: `repository, ${size}: first session; floor: git clone --depth 1`,
      unit: "s",
      ours: runs.ours.map(({ first }) => first),
      floor: runs.floor,
      reach: { ratio: 1 }
    },
    {
      name: "repository: second session; floor: git clone --depth 1",
      unit: "s",
      ours: runs.ours.map(({ second }) => second),
      floor: runs.floor,
      reach: { limit: 2 }
    }
  ]
}
