import { image } from "../support/context.mjs"
import { dockerRun } from "../support/docker.mjs"
import { edited } from "../support/model.mjs"
import { fileOn } from "../support/repositories.mjs"
import { create, ends } from "../support/sessions.mjs"

export const title = "a whole session in Docker with a scripted model: plan, one edit, review, the branch pushed"

/** The same change by hand, in a container of the same image that has the repository mounted. */
const byHand = (branch) =>
  `set -e; export HOME=/tmp; git config --global safe.directory '*'; git config --global user.name Bench
  git config --global user.email bench@localhost
  git clone --quiet /repo.git /tmp/work; cd /tmp/work; git checkout --quiet -b ${branch}
  sed -i s/two/TWO/ notes.txt; git commit --quiet --all --message Edit; git push --quiet origin ${branch}; echo done`

const checkBranch = async (repo, branch) => {
  const content = await fileOn(repo, branch, "notes.txt")
  if (content !== edited) throw new Error(`notes.txt on ${branch} is not what the edit makes of it: ${content}`)
}

export const measure = async (bench) => {
  await bench.needDocker()
  const repo = await bench.repository()
  const model = await bench.model()
  const server = await bench.server({
    settings: { ...model.settings, OPENTL_SANDBOX: "docker", OPENTL_AGENT: "opentl" }
  })
  const session = async () => {
    const [before, startedAt] = [model.spent.millis, performance.now()]
    const { branch, id } = await create(server, { repo, prompt: "Make the second line of notes.txt TWO." })
    const { review_rounds: reviews } = await ends(server, id)
    const seconds = (performance.now() - startedAt) / 1000
    if (reviews !== 1) throw new Error(`the session was to have one review, and had ${reviews}`)
    await checkBranch(repo, branch)
    return { seconds, model: (model.spent.millis - before) / 1000 }
  }
  const hand = async (run) => {
    const branch = `by-hand-${run}`
    const { millis } = await dockerRun(bench, image, byHand(branch), ["--volume", `${repo}:/repo.git`, "--user", "0:0"])
    await checkBranch(repo, branch)
    return millis / 1000
  }
  await session()
  await hand("first")
  const { floor, ours } = await bench.alternate(bench.pick(10, 1), { ours: session, floor: hand })
  return [{
    name: "session, one edit, from the request to the pushed branch",
    unit: "s",
    ours: ours.map(({ seconds }) => seconds),
    floor: floor.map((seconds, run) => seconds + ours[run].model),
    reach: { ratio: 1.15 },
    note: "the floor is a container that clones, edits, commits and pushes by hand, and the model's own time"
  }]
}
