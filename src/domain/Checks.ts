/**
 * The commands that say whether a commit works: those that the repository's configuration lists, else those that its
 * files tell of. Both are taken from the base commit, so that a change cannot take a check of itself away.
 */
import { lockFileNames, packageChecks } from "./PackageScripts.ts"

export interface Check {
  /** Unique among the checks of a verification. */
  readonly name: string
  /** A shell line, run in the repository's root. */
  readonly run: string
  readonly timeoutSeconds?: number
}

/** What detection has to know of a commit. */
export interface CheckTree {
  /** Of each kind of `kindOf` the first path that there is. */
  readonly paths: ReadonlySet<string>
  /** The texts of the files of `checkFiles` that there are. */
  readonly files: ReadonlyMap<string, string>
}

const makefiles = ["GNUmakefile", "makefile", "Makefile"]

/** The files whose text is needed, all in the root. */
export const checkFiles: ReadonlyArray<string> = [
  "package.json",
  "pyproject.toml",
  "tox.ini",
  "setup.cfg",
  ...makefiles
]

/** The files in the root whose name is enough. */
const named = new Set([
  ...lockFileNames,
  "pytest.ini",
  ".pytest.ini",
  "pytest.toml",
  ".pytest.toml",
  "conftest.py",
  "go.mod",
  "Cargo.toml"
])

const pythonTest = "a Python test"

const isPythonTest = (path: string): boolean =>
  /(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(path) && !/(^|\/)(node_modules|site-packages|\.?venv|vendor)\//.test(path)

/** The kind of a file that detection asks for; undefined for any other. One file of each kind is enough. */
export const kindOf = (path: string): string | undefined =>
  named.has(path) ? path : isPythonTest(path) ? pythonTest : undefined

/** Whether detection looks at a path at all: what else a commit has makes no difference to it. */
export const isLookedAt = (path: string): boolean => kindOf(path) !== undefined || checkFiles.includes(path)

/** The files that configure pytest by a section. */
const pytestSections: ReadonlyArray<readonly [path: string, section: RegExp]> = [
  ["pyproject.toml", /^[ \t]*\[tool\.pytest[.\]]/m],
  ["tox.ini", /^\[pytest\]/m],
  ["setup.cfg", /^\[tool:pytest\]/m]
]

const hasPytest = ({ files, paths }: CheckTree): boolean =>
  ["pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "conftest.py"].some((path) => paths.has(path)) ||
  pytestSections.some(([path, section]) => section.test(files.get(path) ?? "")) ||
  Array.from(paths).some(isPythonTest)

/** Whether a makefile has the target `test`. `test := x` and `test ::= x` set a variable. */
const hasTestTarget = (makefile: string): boolean =>
  makefile.split("\n").some((line) => {
    const targets = /^([^\s#:=][^#:=]*):(?!:?=)/.exec(line)?.[1]
    return targets !== undefined && targets.trim().split(/\s+/).includes("test")
  })

/** The checks that a commit's files tell of. */
export const detect = (tree: CheckTree): ReadonlyArray<Check> => {
  const { files, paths } = tree
  const found = [
    ...packageChecks(files.get("package.json") ?? "", paths),
    ...(hasPytest(tree) ? [{ name: "pytest", run: "python3 -m pytest" }] : []),
    ...(paths.has("go.mod")
      ? [{ name: "go vet", run: "go vet ./..." }, { name: "go test", run: "go test ./..." }]
      : []),
    ...(paths.has("Cargo.toml") ? [{ name: "cargo test", run: "cargo test" }] : [])
  ]
  if (found.length > 0) return found
  // make takes the first of them
  const makefile = makefiles.flatMap((name) => files.get(name) ?? [])[0]
  return makefile !== undefined && hasTestTarget(makefile) ? [{ name: "make test", run: "make test" }] : []
}

/**
 * The checks of a change: the configured ones, an empty list included. Else those detected on the base, with those that
 * only the head has, as a new project has none on its base. One that the head has lost is run all the same, and fails.
 */
export const checksOf = ({ base, config, head }: {
  /** The base's. */
  readonly config: { readonly verify?: ReadonlyArray<Check> }
  readonly base: CheckTree
  readonly head: CheckTree
}): ReadonlyArray<Check> => {
  if (config.verify !== undefined) return config.verify
  const before = detect(base)
  return [...before, ...detect(head).filter(({ name }) => !before.some((known) => known.name === name))]
}
