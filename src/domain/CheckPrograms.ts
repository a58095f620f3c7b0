/**
 * The files of the repository that the checks run, as `scripts/test.sh` in `bash scripts/test.sh` or the makefile of
 * `make test`: a change of one decides what its check says, though the check's line stays the same. The same with the
 * scripts of `package.json` that a check runs. Pure.
 */
import type { ChangedFile } from "./ChangedFile.ts"
import type { Check } from "./Checks.ts"
import * as Invisible from "./Invisible.ts"
import type { Scripts } from "./PackageScripts.ts"
import * as TestSource from "./TestSource.ts"
import type { WeakenedTest } from "./WeakenedTests.ts"

/** In characters. What a longer line names is not looked for. */
const longestRead = 10_000

/** The words of a shell line, without what belongs to the shell. */
const wordsOf = (line: string): ReadonlyArray<string> =>
  line.slice(0, longestRead).split(/[\s;&|()<>"'`=]+/).map((word) => word.replace(/^(?:\.\/)+|\/+$/g, "")).filter(
    Boolean
  )

/** Commands that run scripts of a `package.json` by their names. */
const runsScripts = /(?:^|[\s;&|(])(?:npm|pnpm|yarn|bun|npm-run-all|run-[sp]|turbo|nx|lerna)\s/

/** Programs that find and run tests: a file that is named to them is a test. */
const runsTests =
  /(?:^|[\s;&|(/])(?:pytest|unittest|vitest|jest|mocha|ava|tap|jasmine|playwright|cypress|rspec|phpunit|nose2?|bun|deno|--test)(?=\s|$)/

/** Files that a program reads without being told, wherever it is run. */
const implied: ReadonlyArray<readonly [program: RegExp, files: RegExp]> = [
  [/^g?make$/, /(?:^|\/)(?:(?:GNU)?makefile|[^/]+\.mk)$/i],
  [/^just$/, /(?:^|\/)\.?justfile$/i],
  [/^task$/, /(?:^|\/)taskfile(?:\.dist)?\.ya?ml$/i],
  [/^rake$/, /(?:^|\/)(?:rakefile(?:\.rb)?|[^/]+\.rake)$/i],
  [/^(?:mvnw?|mvnd)$/, /(?:^|\/)pom\.xml$|^\.mvn\//],
  [/^gradlew?$/, /\.gradle(?:\.kts)?$|(?:^|\/)gradle\.properties$/],
  [/^pnpm$/, /(?:^|\/)pnpm-workspace\.yaml$/],
  [/^cargo$/, /(?:^|\/)(?:build\.rs|rust-toolchain(?:\.toml)?)$/],
  [/^composer$/, /(?:^|\/)composer\.json$/]
]

/** A check with what its line and the scripts that it runs name. */
interface Named {
  readonly name: string
  readonly words: ReadonlySet<string>
  /** The modules that Python is told to run: it looks for them in the repository first. */
  readonly modules: ReadonlyArray<string>
  readonly scripts: ReadonlySet<string>
  readonly isOfTests: boolean
}

const moduleNames = /\bpython[\d.]*\s(?:-[A-Za-z]+\s+)*?-m\s+([\w.]+)/g

const namedBy = ({ name, run }: Check, scripts: Scripts): Named => {
  const words = new Set<string>()
  const seen = new Set<string>()
  const ran = new Set<string>()
  const modules: Array<string> = []
  let isOfTests = false
  const lines = [run]
  for (let next = lines.pop(); next !== undefined; next = lines.pop()) {
    const found = wordsOf(next)
    found.forEach((word) => words.add(word))
    modules.push(
      ...[...next.slice(0, longestRead).matchAll(moduleNames)].map(([, module = ""]) => module.replaceAll(".", "/"))
    )
    isOfTests ||= runsTests.test(next.slice(0, longestRead))
    if (!runsScripts.test(next)) continue
    for (const script of found.flatMap((word) => [word, `pre${word}`, `post${word}`])) {
      const line = seen.has(script) || !Object.hasOwn(scripts, script) ? undefined : scripts[script]
      seen.add(script)
      if (line === undefined) continue
      ran.add(script)
      lines.push(line)
    }
  }
  return { name, words, modules, scripts: ran, isOfTests }
}

/** A path, and its parts as `cd ci && ./run.sh` and `make -C ci` name them. */
const isNamed = (path: string, words: ReadonlySet<string>): boolean =>
  words.has(path) ||
  path.split("/").some((_, i, parts) =>
    i > 0 && words.has(parts.slice(0, i).join("/")) && words.has(parts.slice(i).join("/"))
  )

const isImplied = (path: string, words: ReadonlySet<string>): boolean =>
  implied.some(([program, files]) =>
    files.test(path) && [...words].some((word) => program.test(word.slice(word.lastIndexOf("/") + 1)))
  )

/** Whether a file is run in place of a module that is installed. */
const isModule = (path: string, modules: ReadonlyArray<string>): boolean =>
  modules.some((module) => path === `${module}.py` || path.startsWith(`${module}/`))

const runs = ({ isOfTests, modules, words }: Named, { path, previousPath, status }: ChangedFile): boolean =>
  [path, ...(previousPath === undefined ? [] : [previousPath])].some((each) =>
    isImplied(each, words) || isModule(each, modules) ||
    (status !== "added" && isNamed(each, words) && !(isOfTests && TestSource.isTestName(each)))
  )

/** "the checks run it: lint, test" */
const byWhich = (names: ReadonlyArray<string>): string =>
  `the ${names.length === 1 ? "check runs" : "checks run"} it: ${names.join(", ")}`

export interface RunByChecks {
  readonly changed: ReadonlyArray<ChangedFile>
  readonly checks: ReadonlyArray<Check>
  /** Of the base's `package.json`. */
  readonly scripts: Scripts
}

/**
 * The changed files that checks run. Test files that are named to a test runner are left out: they are expected to change,
 * and what weakens them is told of themselves.
 */
export const changedPrograms = ({ changed, checks, scripts }: RunByChecks): ReadonlyArray<WeakenedTest> => {
  const named = checks.map((check) => namedBy(check, scripts))
  return changed.flatMap((file) => {
    const names = named.filter((each) => runs(each, file)).map(({ name }) => name)
    return names.length === 0 ? [] : [{ file: file.path, what: `${file.status}; ${byWhich(names)}` }]
  })
}

const quote = (text: string | undefined): string => `"${Invisible.reveal(text ?? "", 80)}"`

/**
 * The scripts of the root's `package.json` that checks run, and that are not what they were on the base: as package
 * managers read them, whatever the lines of the file look like. In the words of what those lines tell.
 */
export const changedScripts = (
  { checks, now, scripts }: Omit<RunByChecks, "changed"> & { readonly now: Scripts }
): ReadonlyArray<WeakenedTest> => {
  // a script that is new may run before or after one that was there
  const ran = new Set(checks.flatMap((check) => [scripts, now].flatMap((of) => [...namedBy(check, of).scripts])))
  return [...ran].flatMap((script) => {
    const [before, after] = [scripts, now].map((of) => Object.hasOwn(of, script) ? of[script] : undefined)
    if (before === after) return []
    const what = after === undefined
      ? `was removed; it was ${quote(before)}`
      : before === undefined
      ? `was added: ${quote(after)}`
      : `was changed from ${quote(before)} to ${quote(after)}`
    return [{ file: "package.json", what: `the script ${script} ${what}` }]
  })
}
