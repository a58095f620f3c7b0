// What a case is given: how large it is to be, and servers, floors and directories that are given back at its end.

import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { get, hasImage } from "../../scripts/support/engine.mjs"
import { inRoot } from "../../scripts/support/project.mjs"
import { startFloor } from "./floor.mjs"
import { startModel } from "./model.mjs"
import { smallRepository } from "./repositories.mjs"
import { startServer } from "./server.mjs"
import { makeTemplates } from "./templates.mjs"

export const image = "opentl-sandbox"

/** The case cannot run here; the message says why. */
export class Skipped extends Error {}

/** Skips where no engine answers or it has no image. */
const needDocker = async () => {
  await get("/version").catch((error) => {
    throw new Skipped(error.message)
  })
  if (!(await hasImage(image))) throw new Skipped(`there is no image ${image}: \`opentl sandbox build\` makes it`)
}

const profileFlags = (profileDir, name) =>
  profileDir === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${join(profileDir, name)}`]

const probeFlags = ["--expose-gc", "--import", inRoot("bench/support/probe.mjs")]

/**
 * `options`: `small`, `profileDir` (where the servers leave CPU profiles), `settings` (of every server, beside its own).
 */
export const makeContext = (name, scope, options) => {
  const directory = () => scope.directory()

  const given = (thing) => {
    scope.add(thing.stop)
    return thing
  }

  return {
    small: options.small,
    /** The size of the full form, or of the small one. */
    pick: (full, small) => options.small ? small : full,
    directory,
    add: scope.add,
    say: (line) => process.stderr.write(`  ${line}\n`),
    needDocker,
    /** A server in a data directory, a new one where none is named; with `probe`, `settledMemory` can ask it. */
    server: async ({ dataDir = join(directory(), "data"), probe = false, settings = {} } = {}) => {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 })
      const flags = [...profileFlags(options.profileDir, name), ...(probe ? probeFlags : [])]
      return given(await startServer({ dataDir, flags, settings: { ...settings, ...options.settings } }))
    },
    floor: async (floor, ...args) => given(await startFloor(floor, ...args)),
    model: async (options) => given(await startModel(options)),
    /** A small repository's path. */
    repository: async () => {
      const path = join(directory(), "repo.git")
      await smallRepository(path)
      return path
    },
    templates: () => makeTemplates(scope),
    /** Runs ours and the floor in turn, so that what else the machine does meets both; returns the results of each. */
    alternate: async (runs, { floor, ours }) => {
      const results = { ours: [], floor: [] }
      for (let run = 0; run < runs; run++) {
        results.ours.push(await ours(run))
        results.floor.push(await floor(run))
      }
      return results
    }
  }
}
