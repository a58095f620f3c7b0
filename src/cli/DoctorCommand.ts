/** `opentl doctor`: what a session needs, how it stands here, and the mend. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Finding } from "./DoctorCheck.ts"
import { SilentFailure } from "./Failure.ts"
import { jsonDocument } from "./Json.ts"
import * as LiveLine from "./LiveLine.ts"
import * as Parameters from "./Parameters.ts"
import { Stdio } from "./Stdio.ts"
import type { Style } from "./Style.ts"
import { oneLine, pad, width } from "./TerminalText.ts"

const encodeFindings = jsonDocument(Schema.Array(Finding))

const paint = (style: Style, status: Finding["status"]): string => {
  const text = pad(status, 4)
  return status === "ok" ? style.green(text) : status === "warn" ? style.yellow(text) : style.red(text)
}

/** A line a finding: `warn  github  GITHUB_TOKEN is not set → set GITHUB_TOKEN`. */
export const findingLines = (findings: ReadonlyArray<Finding>, style: Style): ReadonlyArray<string> => {
  const columns = Math.max(0, ...findings.map(({ check }) => width(check)))
  return findings.map(({ check, detail, mend, status }) =>
    `${paint(style, status)}  ${pad(check, columns)}  ${oneLine(detail)}${
      mend === undefined ? "" : style.dim(` → ${oneLine(mend)}`)
    }`
  )
}

/** Loaded when it is needed: the checks know every part of the program. */
const loadChecks = Effect.promise(() => import("./DoctorChecks.ts"))

export const doctorCommand = Command.make(
  "doctor",
  { json: Parameters.json("one JSON array"), server: Parameters.server },
  ({ json, server }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const live = yield* LiveLine.make
      yield* live.say("examining")
      const findings = yield* Effect.flatMap(loadChecks, ({ examineAll }) => examineAll(server))
      yield* live.say("")
      yield* stdio.out(json ? encodeFindings(findings) : findingLines(findings, stdio.style).join("\n") + "\n")
      if (findings.some(({ status }) => status === "fail")) return yield* new SilentFailure()
    }).pipe(Effect.scoped)
).pipe(
  Command.withDescription("Check what a session needs, and say what to do about what is missing")
)
