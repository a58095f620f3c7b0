/**
 * Which commands are run on the base as well: those that fail, and those whose tests are compared, because the change
 * touches what could make them fewer. One that only adds tests needs no comparison. Pure.
 */
import type { ChangedFile } from "./ChangedFile.ts"
import type { CheckEnd } from "./CheckRun.ts"
import type { PatchSection } from "./Patch.ts"
import { hunks } from "./PatchLines.ts"
import { testConfigurations } from "./TestConfiguration.ts"
import { hasTestsInside, isTestFile } from "./TestSource.ts"

/** What a change touches: what decides how tests are run, or tests that there were before. */
export type Touched = "configuration" | "tests" | undefined

const manifests = /(?:^|\/)(?:package\.json|pyproject\.toml|setup\.cfg|(?:GNU)?makefile)$/i

const touchesConfiguration = (file: ChangedFile, section: PatchSection | undefined): boolean =>
  (file.status !== "added" && manifests.test(file.path)) || testConfigurations(file, section).length > 0

/** In a language whose tests lie among the code: whether a line with the words of a test is changed. */
const touchesTestInside = (file: ChangedFile, section: PatchSection | undefined): boolean =>
  hasTestsInside(file.path) && section !== undefined &&
  hunks(section).flat().some(({ kind, text }) => kind !== "context" && /\b(?:test|cfg|ignore|assert)\w*/.test(text))

const touchesTests = (file: ChangedFile, section: PatchSection | undefined): boolean =>
  file.status !== "added" && file.status !== "copied" &&
  (isTestFile(file.previousPath ?? file.path) || touchesTestInside(file, section))

/** What a change touches. */
export const touchedBy = (changed: ReadonlyArray<ChangedFile>, sections: ReadonlyArray<PatchSection>): Touched => {
  const byPath = new Map(sections.map((section) => [section.path, section]))
  const some = (touches: (file: ChangedFile, section: PatchSection | undefined) => boolean) =>
    changed.some((file) => touches(file, byPath.get(file.path)))
  return some(touchesConfiguration) ? "configuration" : some(touchesTests) ? "tests" : undefined
}

const hasFailed = (end: CheckEnd): boolean => end.exitCode !== undefined && end.exitCode !== 0

/** With other configuration, a runner may no longer say how many tests it runs. */
const isCompared = (end: CheckEnd, touched: Touched): boolean =>
  end.exitCode === 0 && (touched === "configuration" || (touched === "tests" && end.tests !== undefined))

/** Whether the end of a command on the base must be known, by its end on the head. */
export const isAskedOfBase = (end: CheckEnd | undefined, touched: Touched): boolean =>
  end !== undefined && (hasFailed(end) || isCompared(end, touched))
