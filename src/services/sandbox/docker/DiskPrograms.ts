/** The programs that are run in a container to measure its disk. Pure. */
import { diskScript as diskFile } from "../SandboxRuntime.ts"
import { cleanEnvironment, diskScript, ours, owner, root, workspace } from "./DockerContainer.ts"
import type { ExecSpec } from "./DockerSchema.ts"

const tools = `${ours}/disk`

/** Runs `disk.sh`, also in a container of an earlier version, where the runtime files are in another directory. */
const diskCommand = [
  "-c",
  `script=${diskScript}; [ -e "$script" ] || script=${ours}/${diskFile}; . "$script"`,
  "disk.sh"
]

const program = (user: string, command: ReadonlyArray<string>): ExecSpec => ({
  command,
  environment: cleanEnvironment,
  user,
  workingDirectory: "/",
  attachStdout: true
})

/** Reports the free space of the workspace's disk. Runs as root (without capabilities), so the agent cannot stop it. */
export const freeProgram = program(`${root}:${root}`, ["/bin/sh", ...diskCommand, "free", workspace])

/** Makes the tools that `usedProgram` runs. */
export const toolsProgram = program(`${root}:${root}`, ["/bin/sh", ...diskCommand, "tools", tools])

/** Reports the workspace's disk use, as the user who owns the files. */
export const usedProgram = program(owner, [`${tools}/sh`, ...diskCommand, "used", "--open", tools, workspace])
