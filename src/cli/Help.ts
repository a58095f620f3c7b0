/** Help: the page of the whole program, and the parser's page of one command without what goes without saying. Pure. */
import type { Style } from "./Style.ts"
import { pad } from "./TerminalText.ts"

/** The commands in the order that a person meets them. */
export const commands = [
  ["serve", "run the server: HTTP API, event streams, and each bot whose tokens are set"],
  ["run", "give a task to an agent and follow it to its pull request"],
  ["list", "list the sessions"],
  ["status", "show one session in full"],
  ["logs", "print a session's events; --follow goes on with them"],
  ["stop", "cancel a session"],
  ["message", "send a follow-up: same branch, same pull request"],
  ["approve", "approve the plan that a session waits with"],
  ["reject", "reject it: it is planned again"],
  ["diff", "print a session's diff"],
  ["sandbox", "build the image that agents work in (sandbox build)"],
  ["doctor", "check what a session needs, with the mends"],
  ["config", "print the effective configuration and its sources"]
] as const

const common = [
  ["--server <url>", "the server to talk to (OPENTL_SERVER, else the one on this machine)"],
  ["--json", "print JSON instead of text, where there is something to list"],
  ["--log-level <level>", "all, trace, debug, info, warning, error, fatal, none"],
  ["--completions <shell>", "print a completion script for bash, zsh or fish"],
  ["--version", "print the version"],
  ["-h, --help", "print this page, or after a command that command's"]
] as const

const section = (
  title: string,
  rows: ReadonlyArray<readonly [string, string]>,
  style: Style
): ReadonlyArray<string> => {
  const columns = Math.max(...rows.map(([name]) => name.length))
  return [style.bold(title), ...rows.map(([name, text]) => `  ${pad(name, columns)}  ${text}`), ""]
}

/** The page of `opentl` by itself. */
export const overview = (version: string, style: Style): string =>
  [
    `opentl ${version}: a task becomes a reviewed pull request`,
    "",
    style.bold("USAGE"),
    "  opentl <command> [options]",
    "  opentl run \"Fix the flaky login test\" --repo acme/widgets",
    "",
    ...section("COMMANDS", commands, style),
    ...section("OPTIONS", common, style)
  ].join("\n")

const obvious: ReadonlySet<string> = new Set([
  "A user-defined piece of text.",
  "A true or false value.",
  "This setting is optional."
])

/** The parser's page: the whole command line under USAGE, and no paragraph that says the obvious. */
export const tidy = (page: string): string =>
  page
    .split("\n\n")
    .filter((paragraph) => !obvious.has(paragraph.trim()))
    .join("\n\n")
    .replace(/^\$ (?!opentl)/m, "$ opentl ")
