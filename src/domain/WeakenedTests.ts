/**
 * How a change weakens the tests: fewer of them, skipped ones, other checks. What it finds may be right; a person and the
 * reviewer should know of it, because a check that passes says less then. Pure.
 */
import * as Schema from "effect/Schema"
import type { ChangedFile } from "./ChangedFile.ts"
import { commentedLines } from "./CommentedTests.ts"
import { committedPackages } from "./CommittedPackages.ts"
import * as Invisible from "./Invisible.ts"
import type { PatchSection } from "./Patch.ts"
import { type Hunk, hunks, type PatchLine } from "./PatchLines.ts"
import { testConfigurations } from "./TestConfiguration.ts"
import * as TestSource from "./TestSource.ts"

export const WeakenedTest = Schema.Struct({ file: Schema.String, what: Schema.String })
export type WeakenedTest = typeof WeakenedTest.Type

const counted = (count: number): string => `${count} test${count === 1 ? "" : "s"}`

/** Lines of one kind that a change adds to a file or removes from it, without those that are on both sides. */
interface Balance {
  readonly added: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
}

const nothing: Balance = { added: [], removed: [] }

/** How often each text occurs. Taking from it changes it. */
const poolOf = (texts: ReadonlyArray<string>): Map<string, number> => {
  const pool = new Map<string, number>()
  for (const text of texts) pool.set(text, (pool.get(text) ?? 0) + 1)
  return pool
}

/** The texts that the pool does not have, each taken as often as it occurs. */
const without = (texts: ReadonlyArray<string>, pool: Map<string, number>): ReadonlyArray<string> =>
  texts.filter((text) => {
    const count = pool.get(text) ?? 0
    if (count > 0) pool.set(text, count - 1)
    return count === 0
  })

const balance = (lines: ReadonlyArray<PatchLine>, isOf: (line: string) => boolean): Balance => {
  const of = (wanted: PatchLine["kind"]) =>
    lines.filter(({ kind, text }) => kind === wanted && isOf(text)).map(({ text }) => text.trim())
  const [added, removed] = [of("added"), of("removed")]
  return { added: without(added, poolOf(removed)), removed: without(removed, poolOf(added)) }
}

/** One file's changes to its tests. */
interface TestChanges {
  readonly file: ChangedFile
  readonly tests: Balance
  readonly skips: Balance
  /** Lines that became comments. */
  readonly commented: number
}

const changesIn = (file: ChangedFile, found: ReadonlyArray<Hunk>): TestChanges => {
  const lines = found.flat()
  const before = TestSource.languageOfTests(file.previousPath ?? file.path)
  const after = TestSource.languageOfTests(file.path)
  const language = after ?? before
  return language === undefined ? { file, tests: nothing, skips: nothing, commented: 0 } : {
    file,
    // in a file of the program, what is commented out may be no test; a line that begins one is a test removed
    commented: after !== undefined && TestSource.isTestFile(file.path)
      ? commentedLines(found, (line) => !TestSource.beginsTest(language, line))
      : 0,
    tests: balance(lines, (line) => TestSource.beginsTest(language, line)),
    skips: balance(lines, (line) => TestSource.skipsTest(language, line))
  }
}

/** Whether nothing is left in a file that was one of tests; where tests were removed, that is told. */
const isEmptied = ({ file, tests }: TestChanges, section: PatchSection | undefined): boolean =>
  file.status !== "added" && file.status !== "deleted" && tests.removed.length === 0 &&
  TestSource.languageOfTests(file.path) !== undefined && TestSource.isTestFile(file.path) &&
  section !== undefined && /^@@ -\d+(?:,\d+)? \+0,0 @@/m.test(section.text)

const renamedAway = ({ path, previousPath }: ChangedFile): boolean =>
  previousPath !== undefined && TestSource.isTestName(previousPath) && !TestSource.isTestName(path)

/** What a file's changes weaken. A line that another file gained or lost was moved there or from there. */
const weakened = (
  changes: TestChanges & { readonly section: PatchSection | undefined },
  moved: { readonly tests: Map<string, number>; readonly skips: Map<string, number> }
): ReadonlyArray<string> => {
  const { commented, file, section, skips, tests } = changes
  const gone = without(tests.removed, moved.tests).length - tests.added.length
  if (file.status === "deleted") {
    if (gone > 0) return [`test file deleted, with ${counted(gone)}`]
    return TestSource.isTestName(file.path) && tests.removed.length === 0 ? ["test file deleted"] : []
  }
  const skipped = without(skips.added, moved.skips)
  const more = skipped.length - skips.removed.length
  return [
    ...(renamedAway(file)
      ? [`renamed from ${Invisible.reveal(file.previousPath ?? "")}: its name is no longer a test's`]
      : []),
    ...(gone > 0 ? [`${counted(gone)} removed`] : []),
    ...(isEmptied(changes, section) ? ["test file emptied"] : []),
    ...(commented > 0 ? [`${commented} line${commented === 1 ? "" : "s"} commented out`] : []),
    ...(more > 0 ? [`${more} added that skip${more === 1 ? "s" : ""} tests: ${quoted(skipped.slice(0, more))}`] : [])
  ]
}

const maxQuoted = 3
const maxQuotedLength = 80

const quote = (text: string): string => `"${Invisible.reveal(text, maxQuotedLength)}"`

const quoted = (lines: ReadonlyArray<string>): string =>
  `${lines.slice(0, maxQuoted).map((line) => quote(line)).join(", ")}${lines.length > maxQuoted ? ", …" : ""}`

/** How the change weakens tests and checks, in git's order of files. */
export const weakenedTests = (
  changed: ReadonlyArray<ChangedFile>,
  sections: ReadonlyArray<PatchSection>
): ReadonlyArray<WeakenedTest> => {
  const byPath = new Map(sections.map((section) => [section.path, section]))
  const all = changed.map((file) => {
    const section = byPath.get(file.path)
    return { section, ...changesIn(file, section === undefined ? [] : hunks(section)) }
  })
  const moved = {
    tests: poolOf(all.flatMap(({ tests }) => tests.added)),
    skips: poolOf(all.flatMap(({ skips }) => skips.removed))
  }
  const ofFiles = all.flatMap((each) =>
    [...weakened(each, moved), ...testConfigurations(each.file, each.section)].map((what) => ({
      file: each.file.path,
      what
    }))
  )
  return [...committedPackages(changed), ...ofFiles]
}

/** What the verification has told, of many the first, with the rest of what the change says. */
export const together = (
  told: ReadonlyArray<WeakenedTest>,
  found: ReadonlyArray<WeakenedTest>
): ReadonlyArray<WeakenedTest> => [
  ...told,
  ...found.filter(({ file, what }) => !told.some((known) => known.file === file && known.what === what))
]
