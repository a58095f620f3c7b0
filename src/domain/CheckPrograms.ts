/**
 * The files of the repository that the checks run by name, as `scripts/test.sh` in `bash scripts/test.sh`: a change of one
 * decides what its check says, though the check's line stays the same. Pure.
 */
import type { ChangedFile } from "./ChangedFile.ts"
import type { Check } from "./Checks.ts"
import type { Scripts } from "./PackageScripts.ts"
import * as TestSource from "./TestSource.ts"
import type { WeakenedTest } from "./WeakenedTests.ts"

/** In characters. What a longer line names is not looked for. */
const longestRead = 10_000

/** The words of a shell line, without what belongs to the shell. */
const wordsOf = (line: string): ReadonlyArray<string> =>
  line.slice(0, longestRead).split(/[\s;&|()<>"'`=]+/).map((word) => word.replace(/^(?:\.\/)+/, "")).filter(Boolean)

/** Commands that run scripts of a `package.json` by their names. */
const runsScripts = /(?:^|[\s;&|(])(?:npm|pnpm|yarn|bun|npm-run-all|run-[sp]|turbo|nx|lerna)\s/

/** The words of a line and of the scripts that it runs, with what runs before and after each. */
const allWords = (line: string, scripts: Scripts): ReadonlySet<string> => {
  const found = new Set<string>()
  const seen = new Set<string>()
  const lines = [line]
  for (let next = lines.pop(); next !== undefined; next = lines.pop()) {
    const words = wordsOf(next)
    words.forEach((word) => found.add(word))
    if (!runsScripts.test(next)) continue
    for (const name of words.flatMap((word) => [word, `pre${word}`, `post${word}`])) {
      const script = seen.has(name) ? undefined : scripts[name]
      seen.add(name)
      if (script !== undefined) lines.push(script)
    }
  }
  return found
}

/**
 * The changed files that checks run by name. Test files are left out: they are expected to change, and what weakens them
 * is told of themselves.
 */
export const changedPrograms = ({ changed, checks, scripts }: {
  readonly changed: ReadonlyArray<ChangedFile>
  readonly checks: ReadonlyArray<Check>
  /** Of the base's `package.json`. */
  readonly scripts: Scripts
}): ReadonlyArray<WeakenedTest> => {
  const named = checks.map(({ name, run }) => ({ name, words: allWords(run, scripts) }))
  return changed.filter(({ path, status }) => status !== "added" && !TestSource.isTestName(path)).flatMap((file) => {
    const paths = [file.path, ...(file.previousPath === undefined ? [] : [file.previousPath])]
    const names = named.filter(({ words }) => paths.some((path) => words.has(path))).map(({ name }) => name)
    const [one, ...others] = names
    return one === undefined ? [] : [{
      file: file.path,
      what: `${file.status}; the ${others.length === 0 ? "check runs" : "checks run"} it: ${names.join(", ")}`
    }]
  })
}
