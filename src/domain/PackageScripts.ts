/**
 * The checks among the scripts of a `package.json`. A script that cannot tell anything is none: npm's placeholder, one that
 * watches for ever, one that only calls scripts which are run anyway.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * In the order they are run: what takes seconds comes first, and the build before the tests, which often test what was
 * built.
 */
export const checkScripts = ["typecheck", "lint", "check", "build", "test"] as const

export type Scripts = Readonly<Record<string, string>>

const decodeManifest = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ scripts: Schema.Record({ key: Schema.String, value: Schema.Unknown }) }))
)

/** The scripts of a manifest that are lines; none of one that cannot be read. */
export const scriptsOf = (manifest: string): Scripts =>
  Option.match(decodeManifest(manifest), {
    onNone: () => ({}),
    onSome: ({ scripts }) =>
      Object.fromEntries(
        Object.entries(scripts).flatMap(([name, line]) => typeof line === "string" ? [[name, line.trim()]] : [])
      )
  })

/** The package managers, by the lock files they write. Where there are several, the first one's is taken, as for installs. */
const lockFiles = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["package-lock.json", "npm"],
  ["npm-shrinkwrap.json", "npm"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"]
] as const

export const lockFileNames: ReadonlyArray<string> = lockFiles.map(([file]) => file)

const managerOf = (paths: ReadonlySet<string>): string => lockFiles.find(([file]) => paths.has(file))?.[1] ?? "npm"

/** In characters. What a longer line does is not looked into. */
const longestRead = 1000

/** What `npm init` writes, and its variants that succeed. */
const isPlaceholder = (line: string): boolean =>
  /^echo\b[^&;|]*\bno tests? specified\b[^&;|]*(&&\s*exit\s+\d+)?$/i.test(line)

/** Whether it says of itself that it does not end. Runners that watch at a terminal alone do not count. */
const watches = (line: string): boolean =>
  /(^|\s)--watch(-?all)?(=true)?(\s|$)/i.test(line) ||
  /(^|\s)(nodemon|vitest\s+(watch|dev))(\s|$)/.test(line) ||
  /(^|\s)tsc\b[^&;|]*\s-w(\s|$)/.test(line)

/** `bun test` is a command of its own. */
const single = /^(?:(?:npm|pnpm|yarn)(?:\s+(?:run|run-script))?|bun\s+run)\s+(?:(?:-s|--silent)\s+)?([\w:.-]+)$/
const several = /^(?:npm-run-all|run-s|run-p)((?:\s+[\w:.]+)+)$/

/** The scripts that one command calls; undefined if it does anything else. */
const called = (command: string): ReadonlyArray<string> | undefined => {
  const list = several.exec(command)?.[1]
  if (list !== undefined) return list.trim().split(/\s+/)
  const name = single.exec(command)?.[1]
  return name === undefined ? undefined : [name === "t" ? "test" : name]
}

/** The scripts that a script calls, if it does nothing else. What runs before or after it would be lost with it. */
const onlyCalls = (scripts: Scripts, name: string): ReadonlyArray<string> | undefined => {
  if (`pre${name}` in scripts || `post${name}` in scripts) return undefined
  const line = scripts[name] ?? ""
  if (line.length > longestRead) return undefined
  const calls = line.split("&&").map((command) => called(command.trim()))
  return calls.every((names) => names !== undefined) ? calls.flat() : undefined
}

/** The names of the scripts to run, in order. */
const checksIn = (scripts: Scripts): ReadonlyArray<string> => {
  const usable = checkScripts.filter((name) => {
    const line = scripts[name] ?? ""
    return line !== "" && (line.length > longestRead || !isPlaceholder(line) && !watches(line))
  })
  const isUsable = (name: string) => usable.some((known) => known === name)
  /** Whether all that it does is done by other checks. Calls in a circle end nowhere, so they do nothing. */
  const isCovered = (name: string, seen: ReadonlyArray<string>): boolean => {
    const calls = onlyCalls(scripts, name)
    return calls !== undefined && calls.every((other) =>
      isUsable(other) && !seen.includes(other) &&
      (onlyCalls(scripts, other) === undefined || isCovered(other, [...seen, other]))
    )
  }
  return usable.filter((name) => !isCovered(name, [name]))
}

/** The shell lines of the checks, with the names of their scripts. */
export const packageChecks = (
  manifest: string,
  paths: ReadonlySet<string>
): ReadonlyArray<{ readonly name: string; readonly run: string }> => {
  const manager = managerOf(paths)
  return checksIn(scriptsOf(manifest)).map((name) => ({ name, run: `${manager} run ${name}` }))
}
