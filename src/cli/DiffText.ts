/** A diff on a terminal. Pure. */
import { neutralise } from "./terminal/SafeText.ts"
import type { Style } from "./terminal/Style.ts"

/** Colours a unified diff line by line, with control characters removed and no other change. */
export const diffText = (diff: string, style: Style): string =>
  neutralise(diff, false)
    .split("\n")
    .map((line) =>
      /^(diff |index |--- |\+\+\+ |new file|deleted file|similarity|rename)/.test(line)
        ? style.bold(line)
        : line.startsWith("@@")
        ? style.cyan(line)
        : line.startsWith("+")
        ? style.green(line)
        : line.startsWith("-")
        ? style.red(line)
        : line
    )
    .join("\n")
