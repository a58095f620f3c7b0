/**
 * How test runners say how many tests they ran: one line, or a block of lines, as they print them where no person looks on.
 * Pure. What is not here is not known, and never guessed.
 */

/** Numbers of one summary, as far as its runner tells them. */
export interface Numbers {
  readonly passed?: number
  readonly failed?: number
  readonly skipped?: number
  readonly total?: number
}

/** A line of a summary. */
export interface RunnerLine {
  readonly runner: string
  readonly pattern: RegExp
  /**
   * `begins` a summary, `begins once` if none of the runner is open, or `goes on` with an open one. What goes on counts
   * only in a summary of the same runner.
   */
  readonly part: "begins" | "begins once" | "goes on"
  /** Whether the summary is one with this line: without it, the runner did not come to its end. */
  readonly isEnough: boolean
  readonly numbers: (found: RegExpExecArray) => Numbers
}

const kinds: ReadonlyArray<readonly [kind: keyof Numbers, word: RegExp]> = [
  ["passed", /^(?:pass(?:ed|ing)?|succeeded|xpassed|flaky)$/],
  ["failed", /^(?:fail(?:ed|ing|ures?)?|errors?|cancelled|interrupted|unexpected successes)$/],
  // what is expected to fail says as little as what is skipped
  [
    "skipped",
    /^(?:skip(?:s|ped)?|todo|pendings?|ignored|incomplete|omissions|xfailed|expected failures|known failures?|did not run)$/
  ],
  ["total", /^(?:total|tests?|tests run|examples?|specs?|runs)$/]
]

const add = (numbers: Numbers, word: string, count: string): Numbers => {
  const kind = kinds.find(([, pattern]) => pattern.test(word.toLowerCase()))?.[0]
  return kind === undefined ? numbers : { ...numbers, [kind]: (numbers[kind] ?? 0) + Number(count) }
}

/** "3 passed, 1 skipped" */
const counted = (text: string): Numbers =>
  [...text.matchAll(/(\d+) ([a-z]+)/gi)].reduce((all, [, count = "", word = ""]) => add(all, word, count), {})

/** "Passed: 3, Skipped: 1", "skipped=1" */
const named = (text: string): Numbers =>
  [...text.matchAll(/([a-z][a-z ]*)(?:=|:\s*)(\d+)/gi)].reduce(
    (all, [, word = "", count = ""]) => add(all, word, count),
    {}
  )

const line = (runner: string, pattern: RegExp, read: (text: string) => Numbers = counted): RunnerLine => ({
  runner,
  pattern,
  part: "begins",
  isEnough: true,
  numbers: (found) => found[1] === undefined ? { total: 0 } : read(found[1])
})

const block = (
  runner: string,
  part: RunnerLine["part"],
  isEnough: boolean,
  pattern: RegExp,
  numbers: RunnerLine["numbers"] = () => ({})
): RunnerLine => ({ runner, pattern, part, isEnough, numbers })

/** A number, and a word for what it counts. */
const oneOf = ([, count = "", word = ""]: RegExpExecArray): Numbers => add({}, word, count)
/** The same, the other way about. */
const oneAs = ([, word = "", count = ""]: RegExpExecArray): Numbers => add({}, word, count)
const totalOf = ([, count]: RegExpExecArray): Numbers => ({ total: Number(count) })

/** The lines of all runners that are known. No line is of two. */
export const runnerLines: ReadonlyArray<RunnerLine> = [
  line("vitest", /^\s*Tests {2}(?:no tests|(\d.*?) +\(\d+\))$/),
  line("jest", /^Tests: +(\d.*\d total)$/),
  line(
    "pytest",
    /^(?:=+ )?(?:no tests ran|(?=.*\b(?:passed|failed|skipped|deselected|xfailed|xpassed|errors?)\b)(\d+ [a-z]+(?:(?:, | )(?:\d+ )?[a-z]+)*)) in \d[\d.]*s(?: \([\d:]+\))?(?: =+)?$/
  ),
  line("cargo", /^test result: (?:ok|FAILED)\. (\d+ passed; .*)$/),
  line(
    "nextest",
    /^\s*Summary \[[^\]]*\] +\d+(?:\/\d+)? tests? run: (.*)$/,
    (text) => counted(text.replace(/\([^)]*\)/g, ""))
  ),
  line("rspec", /^(\d+ examples?, \d+ failures?.*)$/),
  line("minitest", /^(\d+ (?:runs|tests), \d+ assertions, \d+ failures, .*)$/),
  line("jasmine", /^(\d+ specs?, \d+ failures?(?:, \d+ pending specs?)?)$/),
  line("phpunit", /^OK \((\d+ tests?), \d+ assertions?\)$/),
  line("phpunit", /^(Tests: \d+, Assertions: \d+.*)\.$/, named),
  line("dotnet", /^\s*(?:Passed|Failed|Skipped)! +- (Failed: .*Total: +\d+)/, named),
  line("dotnet", /^\s*Test summary: (total: \d+.*)$/, named),
  // lines of single classes end with their time
  line("surefire", /^(?:\[\w+\] )?(Tests run: \d+, Failures: \d+, Errors: \d+, Skipped: \d+)$/, named),
  line("gradle", /^(\d+ tests? completed.*)$/),
  line("deno", /^(?:ok|FAILED) \| (\d+ passed .*)$/),
  line("tap", /^# \{ (total: \d+.*) \}$/, named),
  block("mocha", "begins", true, /^ {2}(\d+) (passing) \(\w+\)$/, oneOf),
  block("mocha", "goes on", true, /^ {2}(\d+) (pending|failing)$/, oneOf),
  // node:test and others that write TAP; their total leaves out what was skipped in some of them
  block("TAP", "begins", false, /^[ℹ#] tests \d+$/),
  block("TAP", "goes on", true, /^[ℹ#] (pass) +(\d+)$/, oneAs),
  block("TAP", "goes on", false, /^[ℹ#] (fail|cancelled|skip|skipped|todo) +(\d+)$/, oneAs),
  // where a test fails it does not say how many passed
  block("ava", "begins", false, /^ {2}─$/),
  block("ava", "goes on", true, /^ {2}(\d+) tests? (passed)$/, oneOf),
  block(
    "ava",
    "goes on",
    false,
    /^ {2}(\d+) (?=tests? |known)(?:tests? )?(failed|skipped|todo|known failures?)$/,
    oneOf
  ),
  block("playwright", "begins", false, /^Running (\d+) tests? using \d+ workers?/, totalOf),
  block(
    "playwright",
    "goes on",
    true,
    /^ {2}(\d+) (failed|interrupted|flaky|skipped|did not run|passed)(?: \([\d.]+\w+\))?$/,
    oneOf
  ),
  block("unittest", "begins", false, /^Ran (\d+) tests? in [\d.]+s$/, totalOf),
  block("unittest", "goes on", true, /^(?:OK|FAILED|NO TESTS RAN)(?: \((.*)\))?$/, ([, text = ""]) => named(text)),
  block("vstest", "begins", true, /^Total tests: (\d+)$/, totalOf),
  block("vstest", "goes on", true, /^\s+(Passed|Failed|Skipped): (\d+)$/, oneAs),
  // without -v only packages are told, and which tests fail
  block("go", "begins once", false, /^=== RUN /),
  block("go", "goes on", true, /^\s*--- (PASS|FAIL|SKIP): /, ([, word = ""]) => add({}, word, "1")),
  block("bun", "begins", true, /^ (\d+) (pass)$/, oneOf),
  block("bun", "goes on", true, /^ (\d+) (skip|todo|fail)$/, oneOf)
]
