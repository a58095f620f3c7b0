/** `opentl doctor`: checks what a session needs, and says how to fix what is missing. */
import * as Command from "@effect/cli/Command"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { SilentFailure } from "../Failure.ts"
import { jsonDocument } from "../Json.ts"
import * as Parameters from "../Parameters.ts"
import * as LiveLine from "../terminal/LiveLine.ts"
import { oneLine } from "../terminal/SafeText.ts"
import { Stdio } from "../terminal/Stdio.ts"
import type { Style } from "../terminal/Style.ts"
import { pad, width } from "../terminal/TerminalText.ts"
import { Finding } from "./DoctorCheck.ts"

const encodeFindings = jsonDocument(Schema.Array(Finding))

const paint = (style: Style, status: Finding["status"]): string => {
  const text = pad(status, 4)
  return status === "ok" ? style.green(text) : status === "warn" ? style.yellow(text) : style.red(text)
}

/** `warn  github  GITHUB_TOKEN is not set → set GITHUB_TOKEN`; the names are padded to `columns`. */
export const findingLine = ({ check, detail, mend, status }: Finding, columns: number, style: Style): string =>
  `${paint(style, status)}  ${pad(check, columns)}  ${oneLine(detail)}${
    mend === undefined ? "" : style.dim(` → ${oneLine(mend)}`)
  }`

/** Loaded lazily: the checks import every part of the program. */
const loadChecks = Effect.promise(() => import("./DoctorChecks.ts"))

export const doctorCommand = Command.make(
  "doctor",
  { json: Parameters.json("one JSON array"), server: Parameters.server },
  ({ json, server }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const live = yield* LiveLine.make
      yield* live.say("checking")
      const { examineAll, names } = yield* loadChecks
      const columns = Math.max(...names.map(width))
      /** The findings so far. Each line is printed as soon as it is known. */
      const found = yield* examineAll(server).pipe(Stream.runFoldEffect(
        Arr.empty<Finding>(),
        (before, finding) =>
          Effect.gen(function*() {
            const known = [...before, finding]
            const open = names.filter((name) => !known.some(({ check }) => check === name))
            yield* live.say(open.length === 0 ? "" : `checking ${open.join(", ")}`)
            if (!json) yield* stdio.out(`${findingLine(finding, columns, stdio.style)}\n`)
            return known
          })
      ))
      yield* live.say("")
      if (json) {
        yield* stdio.out(encodeFindings(Arr.sortWith(found, ({ check }) => names.indexOf(check), Order.number)))
      }
      if (found.some(({ status }) => status === "fail")) return yield* new SilentFailure()
    }).pipe(Effect.scoped)
).pipe(
  Command.withDescription("Check what a session needs, and say how to fix what is missing")
)
