// `node bench/profile.mjs FILE.cpuprofile …`: what a CPU profile of a server (`npm run bench -- --profile DIR`) names as the
// largest costs: functions by their own time, each with the line that it begins on, and files. To be asked before the next
// build: the lines are read from the files as they are now.

import { existsSync, readFileSync } from "node:fs"
import { relative } from "node:path"
import { fileURLToPath } from "node:url"
import { root } from "../scripts/support/project.mjs"

const shown = 12

const files = new Map()

const linesOf = (file) => {
  if (!files.has(file)) files.set(file, existsSync(file) ? readFileSync(file, "utf8").split("\n") : [])
  return files.get(file)
}

const placeOf = ({ url }) => url.startsWith("file:") ? relative(root, fileURLToPath(url)) : url === "" ? "native" : url

const functionOf = (frame) => {
  const { functionName, lineNumber, url } = frame
  if (url === "") return functionName
  const line = url.startsWith("file:") ? linesOf(fileURLToPath(url))[lineNumber] ?? "" : ""
  return `${functionName || "(anonymous)"} ${placeOf(frame)}:${lineNumber + 1}  ${line.trim().slice(0, 90)}`.trimEnd()
}

const idle = new Set(["(idle)", "(program)", "(root)"])

/** Milliseconds of own time by key, largest first; what is no work is left out. */
const ownTime = ({ nodes, samples, timeDeltas }, keyOf) => {
  const keys = new Map(
    nodes.map(({ callFrame, id }) => [id, idle.has(callFrame.functionName) ? undefined : keyOf(callFrame)])
  )
  const total = new Map()
  for (const [index, sample] of samples.entries()) {
    const key = keys.get(sample)
    if (key !== undefined) total.set(key, (total.get(key) ?? 0) + timeDeltas[index] / 1000)
  }
  return [...total].sort(([, a], [, b]) => b - a)
}

// who reads on no more (`| head`) has seen enough
process.stdout.on("error", () => process.exit(0))

for (const file of process.argv.slice(2)) {
  const profile = JSON.parse(readFileSync(file, "utf8"))
  const functions = ownTime(profile, functionOf)
  const busy = functions.reduce((sum, [, millis]) => sum + millis, 0)
  const print = (entries) => {
    for (const [name, millis] of entries.slice(0, shown)) {
      const share = (millis / busy * 100).toFixed(1).padStart(6)
      process.stdout.write(`${share} % ${millis.toFixed(0).padStart(7)} ms  ${name}\n`)
    }
  }
  process.stdout.write(`\n${file}: ${(busy / 1000).toFixed(2)} s at work\n`)
  print(functions)
  process.stdout.write("  by file\n")
  print(ownTime(profile, placeOf))
}
