/** Changes of what decides which checks run and what they check. Pure. */
import type { ChangedFile } from "./ChangedFile.ts"
import * as Invisible from "./Invisible.ts"
import type { PatchSection } from "./Patch.ts"
import { type Hunk, hunks } from "./PatchLines.ts"

const configurations =
  /(?:^|\/)(?:(?:vitest|jest|playwright|cypress|karma|ava|web-test-runner)[\w.-]*\.(?:config|conf|workspace)[\w.-]*|vitest\.workspace\.\w+|\.mocharc[\w.]*|pytest\.ini|tox\.ini|noxfile\.py|conftest\.py|phpunit\.xml(?:\.dist)?|\.rspec|nextest\.toml|\.npmrc|\.yarnrc(?:\.yml)?|\.pnpmfile\.c?js|bunfig\.toml|vite\.config\.\w+|\.?pytest\.(?:ini|toml)|\.eslintrc[\w.]*|eslint\.config\.\w+|tsconfig[\w.-]*\.json)$|(?:^|\/)\.cargo\/config(?:\.toml)?$|^\.opentl\/config\.ya?ml$/i

const quote = (text: string): string => `"${Invisible.reveal(text.trim(), 80)}"`

/** Those that are run as checks, with what runs before and after them. Several may be on one line. */
const script =
  /"((?:pre|post)?(?:test|typecheck|type-check|types|lint|check|build|verify)(?:[:.-][\w:.-]+)?)"\s*:\s*"((?:[^"\\]|\\.)*)"/g

const scriptsIn = (found: ReadonlyArray<Hunk>, kind: "added" | "removed"): ReadonlyMap<string, string> =>
  new Map(
    found.flat().filter((line) => line.kind === kind).flatMap(({ text }) =>
      [...text.matchAll(script)].flatMap(([, name, command]) =>
        name === undefined || command === undefined ? [] : [[name, command] as const]
      )
    )
  )

/** Whether a script is run with another one, before or after it. */
const isBeside = (name: string): boolean => /^(?:pre|post)/.test(name)

const scripts = (found: ReadonlyArray<Hunk>): ReadonlyArray<string> => {
  const after = scriptsIn(found, "added")
  const before = scriptsIn(found, "removed")
  // of two blocks the last one counts
  const hasBlock = found.flat().some(({ kind, text }) => kind === "added" && text.includes(`"scripts"`))
  return [
    ...[...before].flatMap(([name, command]) => {
      const now = after.get(name)
      return now === command
        ? []
        : [
          now === undefined
            ? `the script ${name} was removed; it was ${quote(command)}`
            : `the script ${name} was changed from ${quote(command)} to ${quote(now)}`
        ]
    }),
    ...[...after].filter(([name]) => !before.has(name) && (hasBlock || isBeside(name))).map(([name, command]) =>
      `the script ${name} was added: ${quote(command)}`
    )
  ]
}

/** Whether a line is changed that belongs to a heading that is wanted. The patch tells the heading before each hunk. */
const changesUnder = (
  section: PatchSection,
  headingOf: (line: string) => string | undefined,
  isWanted: (heading: string) => boolean
): boolean => {
  const before = [...section.text.matchAll(/^@@ [^@\n]*@@ ?(.*)$/gm)].map(([, heading = ""]) => headingOf(heading))
  return hunks(section).some((hunk, i) => {
    let heading = before[i]
    return hunk.some(({ kind, text }) => {
      heading = headingOf(text) ?? heading
      return kind !== "context" && heading !== undefined && text.trim() !== "" && isWanted(heading)
    })
  })
}

const target = (line: string): string | undefined => /^([A-Za-z0-9_.%/ -]+?)\s*::?(?!=)/.exec(line.slice(0, 500))?.[1]
const isTestTarget = (heading: string): boolean =>
  heading.split(/\s+/).some((name) => /^(?:test|tests|check|lint|verify)(?:[-_.].*)?$/.test(name))

const table = (line: string): string | undefined => /^\s*\[+([^\]]+)\]/.exec(line)?.[1]
const isTestTable = (heading: string): boolean => /\b(?:pytest|tox|coverage|nox|unittest|mypy|ruff)\b/.test(heading)

/** What the change of a file does to the checks. */
export const testConfigurations = (file: ChangedFile, section: PatchSection | undefined): ReadonlyArray<string> => {
  const { path, previousPath, status } = file
  if (configurations.test(path) || (previousPath !== undefined && configurations.test(previousPath))) {
    return [`test configuration ${status}`]
  }
  if (/(?:^|\/)(?:GNU)?makefile$/i.test(path) && status === "added") return ["a makefile was added"]
  if (section === undefined || status === "added") return []
  if (/(?:^|\/)package\.json$/.test(path)) return scripts(hunks(section))
  if (/(?:^|\/)(?:GNU)?makefile$/i.test(path) && changesUnder(section, target, isTestTarget)) {
    return ["a target that tests was changed"]
  }
  return /(?:^|\/)(?:pyproject\.toml|setup\.cfg)$/.test(path) && changesUnder(section, table, isTestTable)
    ? ["test configuration changed"]
    : []
}
