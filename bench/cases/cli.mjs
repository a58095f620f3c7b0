import { run, timed } from "../support/processes.mjs"
import { environment, program } from "../support/server.mjs"

export const title = "`opentl --help` and `opentl list`, with and without a server, against `node -e 0`"

const runNode = async (args, env, expected = "") => {
  const { millis, result } = await timed(() => run(process.execPath, args, { env }))
  if (!result.includes(expected)) throw new Error(`${args.join(" ")} printed nothing of ${expected}: ${result}`)
  return millis
}

export const measure = async (bench) => {
  const runs = bench.pick(20, 3)
  const { complete, dataDir } = await bench.templates()
  const env = environment(dataDir)
  const compare = async (name, over, args, expected) => {
    const { floor, ours } = await bench.alternate(runs, {
      ours: () => runNode([program, ...args], env, expected),
      floor: () => runNode(["-e", "0"], env)
    })
    return { name, unit: "ms", ours, floor, reach: { over } }
  }
  const help = await compare("opentl --help", 60, ["--help"], "opentl")
  const alone = await compare("opentl list, no server", 150, ["list"], complete)
  await bench.server({ dataDir, settings: { OPENTL_SANDBOX: "local" } })
  return [help, alone, await compare("opentl list, with a server", 150, ["list"], complete)]
}
