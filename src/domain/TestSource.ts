/** How tests are written: which files contain them, and which lines begin or skip one. By the languages' conventions. */

interface Language {
  readonly files: RegExp
  /** The lines that begin a test. */
  readonly test: RegExp
  /** What keeps tests from running, or all others. */
  readonly skip: RegExp
  /** Whether tests lie among the code, so that every file may have some. */
  readonly isAmongCode?: boolean
}

const languages: ReadonlyArray<Language> = [
  {
    files: /\.[cm]?[jt]sx?$/,
    test:
      /^\s*(?:it|test|specify)(?:\.(?!describe\b|layer\b|step\b|use\b|(?:before|after)(?:Each|All)\b)\w+)*\s*(?:\(|`|<)/,
    skip:
      /\b(?:describe|context|suite|it|test|specify)(?:\.\w+)*\.(?:skip|skipIf|only|todo|fails|failing|fixme|runIf)\b|^\s*(?:x(?:it|test|describe|context|specify)|f(?:it|describe))\s*\(|\bthis\.skip\(\)/
  },
  {
    files: /\.py$/,
    test: /^\s*(?:async\s+)?def\s+test\w*\s*\(/,
    skip:
      /@(?:pytest\.mark\.|mark\.)?(?:skip|skipif|xfail)\b|@(?:unittest\.)?(?:skip|skipIf|skipUnless|expectedFailure)\b|\bpytest\.(?:skip|xfail)\(|\bself\.skipTest\(|\bpytestmark\s*=.*\b(?:skip|skipif|xfail)\b/
  },
  { files: /\.go$/, test: /^func\s+(?:\([^)]*\)\s*)?(?:Test|Fuzz|Example)\w*\s*\(/, skip: /\b\w+\.Skip(?:f|Now)?\(/ },
  {
    files: /\.rs$/,
    test: /^\s*#\[(?:\w+::)*(?:test|rstest)\b/,
    skip: /#\[(?:cfg_attr\(.*\b)?ignore\b/,
    isAmongCode: true
  },
  {
    files: /\.(?:java|kt|kts|scala|groovy)$/,
    test: /^\s*@(?:Test|ParameterizedTest|RepeatedTest)\b/,
    skip: /@(?:Disabled\w*|Ignore)\b/
  },
  {
    files: /\.cs$/,
    test: /^\s*\[(?:Fact|Theory|Test|TestCase|TestMethod)\b/,
    skip: /\[Ignore\b|\b(?:Fact|Theory)\([^)]*\bSkip\s*=/
  },
  {
    files: /\.rb$/,
    test: /^\s*(?:it|specify|test)\b\s*\(?\s*["']|^\s*def\s+test_\w+/,
    skip: /^\s*(?:x(?:it|describe|context)|skip|pending)\b/
  },
  {
    files: /\.php$/,
    test: /\bfunction\s+test\w*\s*\(|^\s*#\[Test\]/,
    skip: /\bmarkTest(?:Skipped|Incomplete)\s*\(/
  },
  { files: /\.exs?$/, test: /^\s*test\s+"/, skip: /^\s*@(?:module)?tag\s+:?skip\b/ }
]

const names =
  /(?:^|\/)(?:test_[^/]*\.py|conftest\.py|test[^/]*\.rb|[^/]*(?:[._-](?:test|tests|spec|specs|e2e)\.[a-z]+|(?:Test|Tests|Spec|IT)\.(?:java|kt|cs|scala|groovy|php|swift)))$/i
const directories = /(?:^|\/)(?:__tests__|tests?|specs?|e2e)\//i

/** Whether runners take it for a test by its name alone. */
export const isTestName = (path: string): boolean => names.test(path) || /(?:^|\/)__tests__\//.test(path)

const languageOf = (path: string): Language | undefined => languages.find(({ files }) => files.test(path))

/** The language of a file that contains tests, or may. */
export const languageOfTests = (path: string): Language | undefined => {
  const language = languageOf(path)
  return language !== undefined && (language.isAmongCode === true || isTestName(path) || directories.test(path))
    ? language
    : undefined
}

/** Whether a file is one of tests, or of what they read. */
export const isTestFile = (path: string): boolean => isTestName(path) || directories.test(path)

/** Whether tests may lie in it, among the code. */
export const hasTestsInside = (path: string): boolean => languageOf(path)?.isAmongCode === true

/** What is looked at of a line: the rest of a longer one is no code that a person wrote. */
const maxLine = 2000

const texts = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g

/** Without what is in quotes or a comment. Python's and Ruby's comments have a space, Rust's attributes have none. */
const code = (line: string): string =>
  /^\s*(?:\*|\/\*|\/\/|#\s|--|<!--)/.test(line)
    ? ""
    : line.replace(texts, "\"\"").replace(/(?:\s\/\/|\s#\s|\/\*).*$/, "")

/** Whether a test begins on the line. */
export const beginsTest = ({ test }: Language, line: string): boolean => test.test(line.slice(0, maxLine))

/** Whether the line keeps tests from running. */
export const skipsTest = ({ skip }: Language, line: string): boolean => skip.test(code(line.slice(0, maxLine)))
