/** All commands with their parsers: for help, for error messages and for shell completions. */
import * as Command from "@effect/cli/Command"
import packageJson from "../../package.json" with { type: "json" }
import { agentsCommand } from "./AgentsCommand.ts"
import { answerCommand } from "./AnswerCommand.ts"
import { approveCommand, rejectCommand } from "./ApproveCommand.ts"
import type { Commands } from "./BareHelp.ts"
import { budgetCommand } from "./BudgetCommand.ts"
import { type CommandSpec, describe } from "./CommandSpec.ts"
import { configCommand } from "./ConfigCommand.ts"
import { diffCommand } from "./DiffCommand.ts"
import { doctorCommand } from "./doctor/DoctorCommand.ts"
import { helpCommand } from "./HelpCommand.ts"
import { listCommand } from "./ListCommand.ts"
import { logsCommand } from "./LogsCommand.ts"
import { messageCommand } from "./MessageCommand.ts"
import { opentl } from "./Parser.ts"
import { retryCommand } from "./RetryCommand.ts"
import { runCommand } from "./RunCommand.ts"
import { sandboxCommand, sandboxCommands } from "./SandboxCommand.ts"
import { serveCommand } from "./ServeCommand.ts"
import { statusCommand } from "./StatusCommand.ts"
import { stopCommand } from "./StopCommand.ts"
import { verifyCommand } from "./VerifyCommand.ts"

/** In the order that help lists them. */
const list = [
  serveCommand,
  runCommand,
  listCommand,
  statusCommand,
  logsCommand,
  stopCommand,
  messageCommand,
  answerCommand,
  approveCommand,
  rejectCommand,
  retryCommand,
  budgetCommand,
  diffCommand,
  verifyCommand,
  agentsCommand,
  sandboxCommand,
  doctorCommand,
  configCommand,
  helpCommand
] as const

/** The program with all of them. */
export const allCommands = Command.withSubcommands(opentl, list)

/** All commands as data. */
export const spec: CommandSpec = describe(opentl, [], (path) =>
  list.map((command) =>
    describe(
      command,
      path,
      (below) => command === sandboxCommand ? sandboxCommands.map((subcommand) => describe(subcommand, below)) : []
    )
  ))

export const commands: Commands = { version: packageJson.version, spec }
