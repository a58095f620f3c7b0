// Prints what the compiler says of a project's files, and only of them: what they import is read for its types alone,
// which takes half the time of checking all of it. Exits with 1 where it says something.

import { resolve } from "node:path"
import ts from "typescript"

const directory = resolve(process.argv[2] ?? ".")
const { errors, fileNames, options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(`${directory}/tsconfig.json`, ts.sys.readFile).config,
  ts.sys,
  directory
)
const program = ts.createProgram({ rootNames: fileNames, options })
const files = fileNames.map((name) => program.getSourceFile(name))
const problems = [
  ...errors,
  ...program.getOptionsDiagnostics(),
  ...program.getGlobalDiagnostics(),
  ...files.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
]
process.stdout.write(
  ts.formatDiagnostics(problems, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => directory,
    getNewLine: () => "\n"
  })
)
process.exitCode = problems.length === 0 ? 0 : 1
