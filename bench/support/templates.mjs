// Sessions for `history.mjs` to copy: made by the program, in a data directory of their own.

import { join } from "node:path"
import { startModel } from "./model.mjs"
import { smallRepository } from "./repositories.mjs"
import { startServer } from "./server.mjs"
import { completes, create, reaches } from "./sessions.mjs"

/** A directory with `repo.git` and a data directory `data`, in which nothing runs and these sessions are. */
export const makeTemplates = async (scope) => {
  const directory = scope.directory()
  const [repo, dataDir] = [join(directory, "repo.git"), join(directory, "data")]
  await smallRepository(repo)
  const model = await startModel()
  const server = await startServer({
    dataDir,
    settings: {
      ...model.settings,
      OPENTL_SANDBOX: "local",
      OPENTL_AGENT: "command:echo one line",
      OPENTL_REVIEW_ROUNDS: "0"
    }
  })
  try {
    const complete = await create(server, { repo })
    await completes(server, complete.id)
    const waiting = await create(server, { repo, approve_plan: true })
    await reaches(server, waiting.id, ["waiting"])
    return { dataDir, repo, complete: complete.id, waiting: waiting.id }
  } finally {
    await server.stop()
    model.stop()
  }
}
