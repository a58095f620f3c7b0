/**
 * Loads the command that is to run, and no other: what `serve` or `doctor` import is not loaded for `list`. The names
 * and options of all commands are known without that, as data (`AllCommands`, written by the build).
 */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { opentl, parse } from "./Parser.ts"

/** Runs the arguments with the one command that the module has. */
const only = <M, Name extends string, R, E, A>(
  load: () => Promise<M>,
  command: (module: M) => Command.Command<Name, R, E, A>
) =>
(version: string, args: ReadonlyArray<string>) =>
  Effect.flatMap(
    Effect.promise(load),
    (module) => parse(Command.withSubcommands(opentl, [command(module)]), version, args)
  )

export const loaders = {
  serve: only(() => import("./ServeCommand.ts"), (module) => module.serveCommand),
  run: only(() => import("./RunCommand.ts"), (module) => module.runCommand),
  list: only(() => import("./ListCommand.ts"), (module) => module.listCommand),
  status: only(() => import("./StatusCommand.ts"), (module) => module.statusCommand),
  logs: only(() => import("./LogsCommand.ts"), (module) => module.logsCommand),
  stop: only(() => import("./StopCommand.ts"), (module) => module.stopCommand),
  message: only(() => import("./MessageCommand.ts"), (module) => module.messageCommand),
  answer: only(() => import("./AnswerCommand.ts"), (module) => module.answerCommand),
  approve: only(() => import("./ApproveCommand.ts"), (module) => module.approveCommand),
  reject: only(() => import("./ApproveCommand.ts"), (module) => module.rejectCommand),
  retry: only(() => import("./RetryCommand.ts"), (module) => module.retryCommand),
  budget: only(() => import("./BudgetCommand.ts"), (module) => module.budgetCommand),
  diff: only(() => import("./DiffCommand.ts"), (module) => module.diffCommand),
  verify: only(() => import("./VerifyCommand.ts"), (module) => module.verifyCommand),
  agents: only(() => import("./AgentsCommand.ts"), (module) => module.agentsCommand),
  sandbox: only(() => import("./SandboxCommand.ts"), (module) => module.sandboxCommand),
  doctor: only(() => import("./doctor/DoctorCommand.ts"), (module) => module.doctorCommand),
  config: only(() => import("./ConfigCommand.ts"), (module) => module.configCommand)
}

/** For completions, and for a command that has no loader. */
const all = (version: string, args: ReadonlyArray<string>) =>
  Effect.flatMap(
    Effect.promise(() => import("./AllCommands.ts")),
    (module) => parse(module.allCommands, version, args)
  )

const isLoadable = (name: string): name is keyof typeof loaders => Object.hasOwn(loaders, name)

/** Runs the command with this name; the arguments begin with it. */
export const runLoaded = (name: string, version: string, args: ReadonlyArray<string>) =>
  (isLoadable(name) ? loaders[name] : all)(version, args)
