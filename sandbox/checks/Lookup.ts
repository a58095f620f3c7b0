/**
 * Whether there is the program that a shell line begins with. It is looked up before the line is run: by an exit code
 * alone, any failure could pass for a program that is missing.
 */
import * as Command from "@effect/platform/Command"
import * as Effect from "effect/Effect"

/** What begins in any other way, or sets a path for itself, is the shell's matter. */
const firstWord = /^\s*(?:(?!PATH=)[A-Za-z_]\w*=[\w./:@,+-]*\s+)*([A-Za-z0-9_][\w.+-]*)(?=\s|$)/

/** The program that a line begins with, by a name that is looked up in `PATH`. */
export const programOf = (line: string): string | undefined => firstWord.exec(line)?.[1]

/** The program that a line begins with, if there is none of that name. */
export const missing = Effect.fnUntraced(function*(line: string, environment: Readonly<Record<string, string>>) {
  const program = programOf(line)
  if (program === undefined) return undefined
  const code = yield* Command.make("bash", "-c", `command -v -- "$0" >/dev/null 2>&1`, program).pipe(
    Command.env(environment),
    Command.exitCode,
    Effect.orElseSucceed(() => 0)
  )
  return code === 0 ? undefined : program
})
